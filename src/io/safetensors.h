/* safetensors.h - what reading and writing the format share.
 *
 * Eight bytes, low first, give the length of a header; the header is a JSON object of one object a tensor,
 * with its dtype, shape and place in the bytes that follow; "__metadata__" is an object of strings. */
#ifndef GRADUS_SRC_IO_SAFETENSORS_H
#define GRADUS_SRC_IO_SAFETENSORS_H

#define GD__METADATA "__metadata__"

enum { GD__LENGTH_SIZE = 8, GD__HEADER_MAX = 100000000 };

#endif
