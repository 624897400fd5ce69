/* SPDX-License-Identifier: Apache-2.0 */
/* The end of the program that the C snippet of docs/foresight.md makes. */

int main(void) {
  promoflow_flow* flow = NULL;
  const promoflow_str none = {NULL, 0};
  const promoflow_str text = promoflow_text(
      "{apiVersion: codefresh.io/v1beta1, kind: PromotionFlow, metadata: {name: f}, spec: "
      "{triggerEnvironment: dev, steps: [{environment: a, dependsOn: [dev]}]}}");
  if (promoflow_flow_load(text, NULL, &flow, NULL) != PROMOFLOW_OK) return 1;
  if (print_outcomes(flow, none) != 0) return 1;
  if (print_outcomes(flow, promoflow_text("properties: 3")) != 1) return 1;
  promoflow_flow_free(flow);
  puts("ok");
  return 0;
}
