/* SPDX-License-Identifier: Apache-2.0 */
/* The end of the source file that docs/configuration.md is: two releases of one product. */

int main(void) {
  promoflow_queue* queue = NULL;
  int failed = 0;
  if (promoflow_queue_new(PROMOFLOW_QUEUE_MODE_TERMINATE, 50, &queue, NULL) != PROMOFLOW_OK)
    return 1;
  failed += tell(queue, PROMOFLOW_QUEUE_REQUESTED, "r-1", "to-prod");
  failed += tell(queue, PROMOFLOW_QUEUE_BEGAN, "r-1", "staging");
  failed += tell(queue, PROMOFLOW_QUEUE_REQUESTED, "r-2", "to-prod");
  failed += tell(queue, PROMOFLOW_QUEUE_BEGAN, "r-2", "staging");
  failed += tell(queue, PROMOFLOW_QUEUE_ENDED, "r-1", "");
  if (failed != 0 || tell(queue, PROMOFLOW_QUEUE_ENDED, "r-1", "") != 1) return 1;
  promoflow_queue_free(queue);
  puts("ok");
  return 0;
}
