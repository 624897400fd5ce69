// SPDX-License-Identifier: Apache-2.0
package io.promoflow.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** A parameter of type {@link io.promoflow.Flow} is the flow of a resource of the test's class. */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.PARAMETER)
public @interface FlowResource {
    /** {@return the resource's name, as {@link Class#getResourceAsStream(String)} takes it} */
    String value();
}
