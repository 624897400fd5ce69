// SPDX-License-Identifier: Apache-2.0
// Flows to begin with, each with a scenario that shows what it is for.

export interface Example {
  readonly title: string;
  readonly flow: string;
  readonly scenario: string;
}

const head = (name: string) => `apiVersion: codefresh.io/v1beta1
kind: PromotionFlow
metadata: {name: ${name}}
`;
/** Of a flow that uses what only promoflow knows, such as a soak. */
const extendedHead = (name: string) => `apiVersion: codefresh.io/v1beta1
kind: PromotionFlow
metadata: {name: ${name}, annotations: {promoflow.dev/extensions: "true"}}
`;

export const EXAMPLES: readonly Example[] = [{
  title: 'A failed promotion opens a ticket',
  flow: `# A hook that runs when staging fails opens a ticket. What it exports, the ticket's address,
# travels in the promotion context to every hook that runs later.
${head('billing-to-production')}spec:
  triggerEnvironment: dev
  steps:
    - environment: staging
      dependsOn: [dev]
      policy: {action: commit, postAction: smoke-tests}
      hooks:
        onStart: slack-start
        onSuccess: slack-ok
        onFail: jira-open-bug
    - environment: production
      dependsOn: [staging]
      policy: {action: pr}
      hooks:
        onStart: slack-start
        onFail: jira-open-bug
  hooks:
    onStart: slack-start
    onSuccess: [jira-close-bug, slack-ok]
    onFail: slack-fail
`,
  scenario: `release:
  id: r-42
  url: "https://releases.example/r-42"
  product: billing
  version: "1.4.0"
  commitSha: 3f2a91c
outcomes:
  - {environment: staging, attempt: 1, after: 5m, fail: "Application degraded: 2 of 3 pods crash"}
  - {hook: jira-open-bug, after: 3s, context: {"JIRA_ISSUE_URL":"https://jira.example/browse/ABC-123"}}
  - {environment: staging, attempt: 2, after: 4m}
  - {environment: production, suspend: 30m, after: 2m}
actions:
  - {at: 1h, retry: true}
`,
}, {
  title: 'Regions side by side, one is broken',
  flow: `# Three regions at once. failurePolicy continue: the others go on when one fails, and what waits
# for all of them does not begin.
${extendedHead('regions')}spec:
  triggerEnvironment: staging
  failurePolicy: continue
  steps:
    - {environment: eu, dependsOn: [staging], hooks: {onFail: page-someone}}
    - {environment: us, dependsOn: [staging], hooks: {onFail: page-someone}}
    - {environment: asia, dependsOn: [staging], hooks: {onFail: page-someone}}
    - {environment: docs, dependsOn: [eu, us, asia]}
  hooks:
    onFail: slack-fail
`,
  scenario: `release:
  id: r-7
  product: shop
outcomes:
  - {environment: eu, after: 3m}
  - {environment: us, after: 2m, fail: "502 from the load balancer"}
  - {environment: asia, after: 4m}
`,
}, {
  title: 'A person approves production',
  flow: `# The hook before production waits for a person: until somebody answers, the release is suspended.
${head('approved')}spec:
  triggerEnvironment: dev
  steps:
    - {environment: qa, dependsOn: [dev]}
    - environment: production
      dependsOn: [qa]
      policy: {action: pr}
      hooks:
        onStart: ask-for-approval
        onSuccess: announce
`,
  scenario: `release:
  id: r-11
outcomes:
  - {environment: qa, after: 10m}
  - {hook: ask-for-approval, suspend: 2h, context: {"APPROVED_BY":"ann"}}
  - {environment: production, after: 3m}
`,
}, {
  title: 'Retry with growing waits',
  flow: `# A flaky hook gets three more attempts, each after a longer wait; staging soaks for ten minutes
# before production may begin.
${extendedHead('patient')}spec:
  triggerEnvironment: dev
  steps:
    - environment: staging
      dependsOn: [dev]
      soak: 10m
      hooks:
        onStart:
          - name: warm-cache
            retry: {limit: 3, backoff: {duration: 10s, factor: 3, maxDuration: 10m}}
    - {environment: production, dependsOn: [staging]}
`,
  scenario: `release:
  id: r-3
outcomes:
  - {hook: warm-cache, attempt: 1, after: 5s, fail: "connection refused"}
  - {hook: warm-cache, attempt: 2, after: 5s, fail: "connection refused"}
  - {hook: warm-cache, attempt: 3, after: 5s}
  - {environment: staging, after: 2m}
  - {environment: production, after: 2m}
`,
}, {
  title: 'Two hooks write one key',
  flow: `# Both regions report a URL under one key at the same time: which one production is handed is left
# to chance. The conflict is recorded; "What can happen" finds it, too.
${head('race')}spec:
  triggerEnvironment: dev
  steps:
    - {environment: eu, dependsOn: [dev], hooks: {onSuccess: report-url}}
    - {environment: us, dependsOn: [dev], hooks: {onSuccess: report-url}}
    - {environment: production, dependsOn: [eu, us], hooks: {onStart: smoke-test}}
`,
  scenario: `release:
  id: r-9
outcomes:
  - {environment: eu, after: 2m}
  - {environment: us, after: 3m}
  - {hook: report-url, environment: eu, after: 10s, context: {"URL":"https://eu.example"}}
  - {hook: report-url, environment: us, after: 5s, context: {"URL":"https://us.example"}}
`,
}];
