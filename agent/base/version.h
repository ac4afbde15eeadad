/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PATHROUTE_VERSION_H
#define PATHROUTE_VERSION_H

#define PATHROUTE_VERSION "0.1.0"

#endif
