// SPDX-License-Identifier: Apache-2.0
package io.promoflow.junit;

import io.promoflow.Flow;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;

/**
 * Gives tests a {@link Simulator}, and flows from resources with {@link FlowResource}. If a test
 * fails, its failure has another one with the timelines of the releases it has simulated.
 */
public final class PromoflowExtension
        implements ParameterResolver, TestExecutionExceptionHandler, AfterEachCallback {
    private static final ExtensionContext.Namespace HERE =
            ExtensionContext.Namespace.create(PromoflowExtension.class);

    /** Made by JUnit: {@code @ExtendWith(PromoflowExtension.class)}. */
    public PromoflowExtension() {}

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return type == Simulator.class
                || type == Flow.class && parameter.isAnnotated(FlowResource.class);
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        if (parameter.getParameter().getType() == Simulator.class) {
            return simulator(context);
        }
        String name = parameter.findAnnotation(FlowResource.class).orElseThrow().value();
        Class<?> test = context.getRequiredTestClass();
        try (InputStream in = test.getResourceAsStream(name)) {
            if (in == null) {
                throw new ParameterResolutionException(
                        test.getName() + " has no resource " + name);
            }
            return Flow.load(in.readAllBytes());
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    private static Simulator simulator(ExtensionContext context) {
        return context.getStore(HERE).getOrComputeIfAbsent(Simulator.class,
                type -> new Simulator(), Simulator.class);
    }

    @Override
    public void handleTestExecutionException(ExtensionContext context, Throwable failure)
            throws Throwable {
        Simulator simulator = simulator(context);
        if (simulator.isUsed()) {
            AssertionError timelines = new AssertionError(simulator.timelines());
            timelines.setStackTrace(new StackTraceElement[0]);
            failure.addSuppressed(timelines);
        }
        throw failure;
    }

    @Override
    public void afterEach(ExtensionContext context) {
        simulator(context).close();
    }
}
