/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the pure headers need to compile for BPF (clang) and for the host (gcc, clang). */
#ifndef PATHROUTE_COMPILER_H
#define PATHROUTE_COMPILER_H

#include <linux/types.h>
#ifdef __bpf__
#include <bpf/bpf_helpers.h>
#endif

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#ifndef __noinline
#define __noinline __attribute__((noinline))
#endif

/* A function that the verifier checks once and apart from its callers (a global function of BPF):
 * it trusts no argument beyond its type, and a pointer may be NULL. Needs a prototype. */
#ifdef __bpf__
#define PROVED_ALONE __noinline
#else
#define PROVED_ALONE static inline
#endif

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* Stops the compiler from merging or hoisting across this point; the verifier sees plain code. */
#ifndef barrier
#define barrier() __asm__ __volatile__("" ::: "memory")
#endif
#ifndef barrier_var
#define barrier_var(var) __asm__ __volatile__("" : "+r"(var))
#endif

/* 1 <= variable <= limit, for a __u64, in two comparisons of the variable itself. Folded into one
 * of (variable - 1), or made on a copy with the upper half cleared, as clang 14 does, the verifier
 * (6.18) says "R4 invalid zero-sized read"; and 6.1 learns nothing from a comparison with zero that
 * is not signed. */
#define LENGTH_FITS(variable, limit)                   \
	({                                             \
		barrier_var(variable);                 \
		int positive_ = (__s64)(variable) > 0; \
		barrier_var(variable);                 \
		positive_ && (variable) <= (limit);    \
	})

#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, value) (*(volatile __typeof__(x) *)&(x) = (value))

/* A load of 8 bytes, not necessarily aligned, in the machine's (little-endian) order. BPF does it
 * in one access; a typed load would be split into bytes if the compiler knew of the alignment. */
static __always_inline __u64 load_word(const __u8 *bytes)
{
#ifdef __bpf__
	return *(const volatile __u64 *)bytes;
#else
	__u64 word;

	__builtin_memcpy(&word, bytes, sizeof(word));
	return word;
#endif
}

/* Calls step(0, context), step(1, context) ... until it returns non-zero, at most `count` times.
 * `context` is on the stack. In BPF this is bpf_loop() (kernel 5.17), which costs the verifier only
 * one walk through `step`. */
static __always_inline void loop_bounded(__u32 count, long (*step)(__u32 index, void *context),
					 void *context)
{
#ifdef __bpf__
	bpf_loop(count, step, context, 0);
#else
	for (__u32 i = 0; i < count && !step(i, context); i++)
		;
#endif
}

#endif
