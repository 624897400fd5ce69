/* SPDX-License-Identifier: Apache-2.0 */
/* Prints what a C compiler makes of the header; layout.rs prints what Rust makes of this crate. */
#include <promoflow/promoflow.h>
#include <stdio.h>

#define NUMBER(name) printf("%s = %lld\n", #name, (long long)(name));
#define SIZE(name) printf("sizeof %s = %zu\n", #name, sizeof(name));
#define PLACE(name, field)                                                  \
  printf("%s.%s at %zu, %zu bytes\n", #name, #field, offsetof(name, field), \
         sizeof(((name*)0)->field));

int main(void) {
#include "names.h"
  return 0;
}
