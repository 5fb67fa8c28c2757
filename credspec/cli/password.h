/* Where a user's password comes from: a file or the terminal, never argv or the environment. */
#ifndef GMSA_CREDSPEC_CLI_PASSWORD_H
#define GMSA_CREDSPEC_CLI_PASSWORD_H

#include "lib/common/error.h"
#include "lib/common/secure_buffer.h"

/* In bytes of UTF-8; Active Directory takes 256 characters. */
enum { PASSWORD_LENGTH_MAX = 1024 };

/* Reads a password from a file, "-" being standard input. One line end behind it is no part of it.
 * `password` must be empty. ERROR_INPUT: there is none, it is too long, no UTF-8, or has a NUL or a
 * second line; errors of reading. No message holds a byte of it. */
int password_read(const char *path, struct secure_buffer *password, struct error **err);

/* Asks for it on the controlling terminal, without echo, whatever the standard streams are. The
 * terminal is as it was afterwards, also where a signal ends or stops the program meanwhile.
 * ERROR_INPUT: there is no terminal, or nothing was typed. */
int password_ask(const char *prompt, struct secure_buffer *password, struct error **err);

#endif
