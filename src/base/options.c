/* options.c - which of a call's options were written.
 *
 * gd_sgd(net, .lr = 0) arrives as a struct in which lr is zero, and as the text "net, .lr = 0". The text
 * tells a zero that somebody wrote from one that nobody wrote; see docs/architecture.md. */
#include "base/context.h"

#include <ctype.h>
#include <string.h>

static const char *skip_quoted(const char *at)
{
    char quote = *at++;
    while (*at && *at != quote)
        at += at[0] == '\\' && at[1] ? 2 : 1;
    return *at ? at + 1 : at;
}

static const char *skip_space(const char *at)
{
    while (isspace((unsigned char)*at))
        at++;
    return at;
}

/* Does ".name =" stand here? */
static bool is_initialiser(const char *at, const char *name)
{
    size_t length = strlen(name);
    if (*at != '.')
        return false;
    at = skip_space(at + 1);
    if (strncmp(at, name, length) != 0)
        return false;
    at = skip_space(at + length);
    return at[0] == '=' && at[1] != '=';
}

bool gd__given(const char *text, const char *name)
{
    if (!text)
        return true;
    int nesting = 0;
    bool starts = true; /* an initialiser can start here */
    for (const char *at = text; *at;) {
        if (*at == '"' || *at == '\'') {
            at = skip_quoted(at);
            starts = false;
            continue;
        }
        if (starts && nesting == 0 && is_initialiser(at, name))
            return true;
        nesting += (*at == '(' || *at == '[' || *at == '{') - (*at == ')' || *at == ']' || *at == '}');
        if (!isspace((unsigned char)*at))
            starts = *at == ',' && nesting == 0;
        at++;
    }
    return false;
}

bool gd__second_is_number(const char *text)
{
    int nesting = 0;
    for (const char *at = text; at && *at;) {
        if (*at == '"' || *at == '\'') {
            at = skip_quoted(at);
            continue;
        }
        nesting += (*at == '(' || *at == '[' || *at == '{') - (*at == ')' || *at == ']' || *at == '}');
        if (*at++ != ',' || nesting != 0)
            continue;
        at = skip_space(at);
        if (*at == '-' || *at == '+')
            at = skip_space(at + 1);
        return isdigit((unsigned char)*at);
    }
    return false;
}
