// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** What several tests need. */
final class Texts {
    static final String BILLING = """
            apiVersion: codefresh.io/v1beta1
            kind: PromotionFlow
            metadata: {name: billing}
            spec:
              triggerEnvironment: dev
              steps:
              - {environment: staging, dependsOn: [dev], hooks: {onStart: gate, onFail: report}}
              - {environment: production, dependsOn: [staging]}
            """;

    private Texts() {}

    static Instant at(long ms) {
        return Instant.ofEpochMilli(ms);
    }

    static Start start() {
        return Start.of("r").withAt(at(0));
    }

    static List<Command> commands(Release release) {
        List<Command> found = new ArrayList<>();
        release.commands().forEach(found::add);
        return found;
    }
}
