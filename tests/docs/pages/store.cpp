// SPDX-License-Identifier: Apache-2.0
// The end of the source file that docs/store.md is: the suite, run on a store that conforms.
int main() {
  if (check_my_store() != 0) { return 1; }
  std::puts("ok");
}
