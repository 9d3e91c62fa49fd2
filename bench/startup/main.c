/* main.c - opens a context and closes it: what a program that uses Gradus costs before it does anything. */
#include <gradus/gradus.h>

int main(void)
{
    gd_context *g = gd_open();
    int failed = gd_failed(g);
    gd_close(g);
    return failed;
}
