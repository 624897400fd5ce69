// SPDX-License-Identifier: Apache-2.0
/** Helps to test flows with JUnit 5; whoever uses it has junit-jupiter-api among the dependencies. */
package io.promoflow.junit;
