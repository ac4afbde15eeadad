/* SPDX-License-Identifier: Apache-2.0 */
/* The type of a plain scalar by the core schema of YAML 1.2 (chapter 10.3.2). */
#ifndef PATHROUTE_YAML_SCALAR_H
#define PATHROUTE_YAML_SCALAR_H

enum yaml_scalar {
	YAML_SCALAR_NULL,
	YAML_SCALAR_TRUE,
	YAML_SCALAR_FALSE,
	YAML_SCALAR_NUMBER,
	YAML_SCALAR_STRING,
};

/* *ret_number is written only for a number. */
enum yaml_scalar yaml_scalar_resolve(const char *text, double *ret_number);

#endif
