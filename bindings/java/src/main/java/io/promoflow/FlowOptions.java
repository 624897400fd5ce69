// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a flow says besides its steps and hooks.
 *
 * @param failurePolicy what a failed environment means for others
 * @param contextMerge how exports are merged
 * @param promotionTimeoutMinutes how long the whole promotion may take; 0: a day
 * @param postTrigger the post trigger; null: none
 * @param hookTimeout of hooks that give none; null: no limit
 * @param terminationGracePeriod how long a termination may take; null: as the promotion
 * @param annotations its annotations, in order
 */
public record FlowOptions(FailurePolicy failurePolicy, ContextMerge contextMerge,
        long promotionTimeoutMinutes, String postTrigger, Duration hookTimeout,
        Duration terminationGracePeriod, Map<String, String> annotations) {
    /** What a flow has that says nothing. */
    public static final FlowOptions DEFAULT = new FlowOptions(FailurePolicy.FAIL_FAST,
            ContextMerge.SHALLOW, 0, null, null, null, Map.of());

    /**
     * Copies the annotations.
     *
     * @param failurePolicy what a failed environment means for others
     * @param contextMerge how exports are merged
     * @param promotionTimeoutMinutes how long the whole promotion may take; 0: a day
     * @param postTrigger the post trigger; null: none
     * @param hookTimeout of hooks that give none; null: no limit
     * @param terminationGracePeriod how long a termination may take; null: as the promotion
     * @param annotations its annotations, in order
     */
    public FlowOptions {
        annotations = Collections.unmodifiableMap(new LinkedHashMap<>(annotations));
    }

    /**
     * The same with another failure policy.
     *
     * @param failurePolicy what a failed environment means for others
     * @return the options
     */
    public FlowOptions withFailurePolicy(FailurePolicy failurePolicy) {
        return new FlowOptions(failurePolicy, contextMerge, promotionTimeoutMinutes, postTrigger,
                hookTimeout, terminationGracePeriod, annotations);
    }

    /**
     * The same with another merge.
     *
     * @param contextMerge how exports are merged
     * @return the options
     */
    public FlowOptions withContextMerge(ContextMerge contextMerge) {
        return new FlowOptions(failurePolicy, contextMerge, promotionTimeoutMinutes, postTrigger,
                hookTimeout, terminationGracePeriod, annotations);
    }

    /**
     * The same with another hook timeout.
     *
     * @param hookTimeout of hooks that give none
     * @return the options
     */
    public FlowOptions withHookTimeout(Duration hookTimeout) {
        return new FlowOptions(failurePolicy, contextMerge, promotionTimeoutMinutes, postTrigger,
                hookTimeout, terminationGracePeriod, annotations);
    }

    /**
     * The same with other annotations.
     *
     * @param annotations its annotations, in order
     * @return the options
     */
    public FlowOptions withAnnotations(Map<String, String> annotations) {
        return new FlowOptions(failurePolicy, contextMerge, promotionTimeoutMinutes, postTrigger,
                hookTimeout, terminationGracePeriod, annotations);
    }
}
