// SPDX-License-Identifier: Apache-2.0
export const FLOW = `apiVersion: codefresh.io/v1beta1
kind: PromotionFlow
metadata: {name: billing}
spec:
  triggerEnvironment: dev
  steps:
  - {environment: staging, dependsOn: [dev], hooks: {onFail: report}}
  - {environment: production, dependsOn: [staging]}
`;
