/* text.h - numbers as text, the same in every locale. */
#ifndef GRADUS_SRC_BASE_TEXT_H
#define GRADUS_SRC_BASE_TEXT_H

enum { GD__NUMBER_SIZE = 40 };

/* The number with up to `digits` significant digits, as %g writes it in the C locale; "nan", "inf", "-inf". Returns
 * text, which has room for GD__NUMBER_SIZE. */
char *gd__number_text(double value, int digits, char *text);

/* Has a number that printf wrote show a point, whatever the locale's decimal point, of one byte or more. */
void gd__mend_point(char *text);

#endif
