/* SPDX-License-Identifier: Apache-2.0 */
/* The router's own HTTP replies, one for each verdict of class REPLY (map "replies"). */
#ifndef PATHROUTE_REPLIES_H
#define PATHROUTE_REPLIES_H

#include "../../bpf/datapath_abi.h"

/* Redirects are built by the programs: their template is empty, as is that of every verdict which
 * is no reply. Returns 0, or -EMSGSIZE if the text does not fit. */
int replies_format(enum verdict verdict, struct reply_template *ret_template);

/* Writes all templates. */
int replies_write(int map_fd);

#endif
