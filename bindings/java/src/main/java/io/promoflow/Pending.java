// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import java.util.ArrayList;
import java.util.List;

/**
 * Why an environment is pending.
 *
 * @param block why none begins at present; null: they begin as their dependencies are met
 * @param unmet direct dependencies that have not succeeded and are not skipped
 * @param causes where these end: each is not pending itself, or has no unmet dependency
 */
public record Pending(Block block, List<String> unmet, List<String> causes) {
    private static final int BYTES = 40;

    static Pending read(Call call, int address, Flow flow, int index) {
        int at = call.alloc(BYTES);
        call.memory().writeI32(at, BYTES);
        call.act("promoflow_release_why_pending", address, index, at);
        View view = new View(call, at + 4);
        Block block = Block.of(view.u32());
        List<String> unmet = names(call, flow, view.u32(), view.i64());
        return new Pending(block, unmet, names(call, flow, view.u32(), view.i64()));
    }

    private static List<String> names(Call call, Flow flow, int at, long count) {
        List<String> found = new ArrayList<>();
        for (int i = 0; i < count; ++i) {
            found.add(flow.environments().get(call.memory().readInt(at + 4 * i)));
        }
        return List.copyOf(found);
    }
}
