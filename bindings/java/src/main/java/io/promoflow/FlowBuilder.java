// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ObjIntConsumer;

/** Builds a flow in code. Of one thread; what is wrong is reported by {@link #build()}. */
public final class FlowBuilder {
    private static final int ASSIGNED_BYTES = 24;

    private final Engine engine;
    private final String name;
    private final String trigger;
    private final List<ObjIntConsumer<Call>> parts = new ArrayList<>();

    FlowBuilder(Engine engine, String name, String trigger) {
        this.engine = engine;
        this.name = name;
        this.trigger = trigger;
    }

    /**
     * Sets the options.
     *
     * @param options what the flow says besides its steps and hooks
     * @return this
     */
    public FlowBuilder options(FlowOptions options) {
        parts.add((call, builder) -> {
            int given = Structure.sized(call).u32(FailurePolicy.number(options.failurePolicy()))
                    .u32(ContextMerge.number(options.contextMerge())).u32(0)
                    .i64(options.promotionTimeoutMinutes()).text(options.postTrigger())
                    .ms(options.hookTimeout()).ms(options.terminationGracePeriod()).placeSized();
            Structure annotations = Structure.array(call);
            for (Map.Entry<String, String> one : options.annotations().entrySet()) {
                annotations.text(one.getKey()).text(one.getValue());
            }
            call.act("promoflow_builder_options", builder, given, annotations.place(),
                    options.annotations().size());
        });
        return this;
    }

    /**
     * Adds a step behind those added before: this is the step order.
     *
     * @param step the step
     * @return this
     */
    public FlowBuilder step(Step step) {
        parts.add((call, builder) -> {
            Policy policy = step.policy() == null ? Policy.NONE : step.policy();
            int given = Structure.sized(call).u32(PolicyAction.number(policy.action()))
                    .text(policy.preAction()).text(policy.postAction()).ms(step.timeout())
                    .backoff(step.retry()).ms(step.soak()).placeSized();
            call.act("promoflow_builder_step", builder, call.text(step.environment()),
                    call.texts(step.dependsOn()), step.dependsOn().size(), given);
        });
        return this;
    }

    /**
     * Appends a hook: to the release at its points, else to the step added last.
     *
     * @param point where it runs
     * @param hook the hook
     * @return this
     */
    public FlowBuilder hook(Point point, Hook hook) {
        parts.add((call, builder) -> {
            int given = Structure.sized(call).u32(OnError.number(hook.onError()))
                    .text(hook.name()).ms(hook.timeout()).backoff(hook.retry()).i64(0)
                    .placeSized();
            Structure arguments = Structure.array(call);
            for (Hook.Argument one : hook.arguments()) {
                arguments.u32(ASSIGNED_BYTES).u32(one.isJson() ? 1 : 0).text(one.name())
                        .text(one.value());
            }
            call.act("promoflow_builder_hook", builder, Point.number(point), given,
                    arguments.place(), ASSIGNED_BYTES, hook.arguments().size());
        });
        return this;
    }

    /**
     * Checks everything. The builder can be added to, and built again.
     *
     * @return the flow
     * @throws ManifestException the flow has errors; they have no lines
     * @throws PromoflowException a hook of an environment comes before the first step
     */
    public Flow build() {
        return Flow.make(engine, call -> {
            int builder = call.make("promoflow_builder_new", call.text(name),
                    call.text(trigger));
            try {
                for (ObjIntConsumer<Call> part : parts) {
                    part.accept(call, builder);
                }
                return call.make("promoflow_builder_build", builder);
            } finally {
                if (!call.instance().isBroken()) {
                    call.raw("promoflow_builder_free", builder);
                }
            }
        });
    }
}
