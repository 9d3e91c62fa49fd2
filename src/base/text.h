/* text.h - numbers as text and text as numbers, the same in every locale; UTF-8. */
#ifndef GRADUS_SRC_BASE_TEXT_H
#define GRADUS_SRC_BASE_TEXT_H

#include <stdbool.h>

enum { GD__NUMBER_SIZE = 40 };

/* The number with up to `digits` significant digits, as %g writes it in the C locale; "nan", "inf", "-inf". Returns
 * text, which has room for GD__NUMBER_SIZE. */
char *gd__number_text(double value, int digits, char *text);

/* Has a number that printf wrote show a point, whatever the locale's decimal point, of one byte or more. */
void gd__mend_point(char *text);

/* The same with as few significant digits as give the very number back when it is read: as a double, or as a float
 * where `single` is set. */
char *gd__shortest_text(double value, bool single, char *text);

typedef enum gd__reading { GD__IS_NUMBER, GD__NOT_A_NUMBER, GD__BEYOND_RANGE } gd__reading;

/* The text as a number: a sign, digits around a `point`, an exponent behind e or E, or "inf" or "infinity" in any
 * case; nothing else may stand there. Rounded to the nearest double. Not NaN. */
gd__reading gd__read_number(const char *text, char point, double *value);

/* Is the text this word of small letters, in any case? */
bool gd__is_word(const char *text, const char *word);

/* Control characters become '?': text of files must not steer a terminal. */
void gd__make_printable(char *text);

/* How many columns of a terminal a UTF-8 text takes: two for each character of East Asian scripts, which are wide. */
int gd__columns(const char *text);

/* Well-formed UTF-8: the shortest form of each character, no surrogates, none above U+10FFFF. */
bool gd__is_utf8(const char *text);

#endif
