// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

/**
 * What may happen in a run, and how far to look.
 *
 * @param failures how many commands may fail in one run
 * @param retries retries of a release that has ended, in one run
 * @param terminate the operator terminates, and then forces, once each
 * @param skip the operator skips one environment
 * @param suspend commands wait for a person, and go on
 * @param timeouts timeouts and deadlines come due
 * @param allOrders look at every order, also where it cannot matter
 * @param statesMax a bound; 0: 1,000,000
 * @param memoryBytesMax a bound; 0: 1 GiB
 * @param exports a scenario: what its rules say that hooks export; null: nothing
 * @param properties a properties file, which is checked, too; null: none
 */
public record ExploreOptions(int failures, int retries, boolean terminate, boolean skip,
        boolean suspend, boolean timeouts, boolean allOrders, long statesMax, long memoryBytesMax,
        String exports, String properties) {
    /** As {@link #failures()}: any number of commands may fail. */
    public static final int ALL_FAILURES = -1;

    /** Two failures, and nothing that an operator does. */
    public static final ExploreOptions DEFAULT = new ExploreOptions(2, 0, false, false, false,
            false, false, 0, 0, null, null);

    private static final int LIMITED = 1;
    private static final int ALL = 2;
    private static final long MEMORY_BYTES = 1L << 30;

    /**
     * The same with another number of failures.
     *
     * @param number how many, or {@link #ALL_FAILURES}
     * @return the options
     */
    public ExploreOptions withFailures(int number) {
        return new ExploreOptions(number, retries, terminate, skip, suspend, timeouts, allOrders,
                statesMax, memoryBytesMax, exports, properties);
    }

    /**
     * The same with another bound.
     *
     * @param number how many states
     * @return the options
     */
    public ExploreOptions withStatesMax(long number) {
        return new ExploreOptions(failures, retries, terminate, skip, suspend, timeouts, allOrders,
                number, memoryBytesMax, exports, properties);
    }

    /**
     * The same with an operator who terminates.
     *
     * @return the options
     */
    public ExploreOptions withTerminate() {
        return new ExploreOptions(failures, retries, true, skip, suspend, timeouts, allOrders,
                statesMax, memoryBytesMax, exports, properties);
    }

    /**
     * The same with what hooks export.
     *
     * @param scenario the text of a scenario
     * @return the options
     */
    public ExploreOptions withExports(String scenario) {
        return new ExploreOptions(failures, retries, terminate, skip, suspend, timeouts, allOrders,
                statesMax, memoryBytesMax, scenario, properties);
    }

    /**
     * The same with properties to check.
     *
     * @param file the text of a properties file
     * @return the options
     */
    public ExploreOptions withProperties(String file) {
        return new ExploreOptions(failures, retries, terminate, skip, suspend, timeouts, allOrders,
                statesMax, memoryBytesMax, exports, file);
    }

    private static int flag(boolean is) {
        return is ? 1 : 0;
    }

    /** The address of the struct; `scenario`: that of what is exported, or 0. */
    int place(Call call, int scenario) {
        if (failures < ALL_FAILURES) {
            throw PromoflowException.invalid("failures", "it is from 0, or ALL_FAILURES");
        }
        if (retries < 0 || statesMax < 0 || memoryBytesMax < 0) {
            throw PromoflowException.invalid("retries, statesMax, memoryBytesMax",
                    "they are not negative");
        }
        Structure out = Structure.sized(call);
        out.u32(failures == ALL_FAILURES ? ALL : LIMITED).u32(Math.max(failures, 0)).u32(retries);
        out.u32(flag(terminate)).u32(flag(skip)).u32(flag(suspend)).u32(flag(timeouts));
        out.u32(flag(allOrders)).u32(0).i64(statesMax);
        out.i64(memoryBytesMax == 0 ? MEMORY_BYTES : memoryBytesMax);
        return out.u32(scenario).u32(0).u32(0).u32(0).placeSized();
    }
}
