// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import static io.promoflow.Texts.at;
import static io.promoflow.Texts.commands;
import static io.promoflow.Texts.start;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ReleaseTest {
    private final Flow flow = Flow.load(Texts.BILLING);

    @Test
    void aLoopOfAHost() {
        Release release = flow.start(start().withProduct("shop"));
        RunHook hook = (RunHook) commands(release).get(0);
        assertEquals("gate", hook.hook());
        assertEquals(Point.ENVIRONMENT_ON_START, hook.point());
        assertEquals("staging", hook.environment());
        assertEquals(1, hook.attempt());
        assertEquals("shop", hook.arguments().get("PRODUCT_NAME"));
        assertThrows(UnsupportedOperationException.class, () -> hook.arguments().put("A", "b"));
        release.apply(new Event.HookSucceeded(hook.ticket(), "{\"URL\":\"x\"}", at(1)));
        Promote promote = (Promote) commands(release).get(0);
        assertEquals(Policy.NONE, promote.policy());
        assertEquals("settled-ticket", assertThrows(RefusedException.class, () -> release
                .apply(new Event.HookSucceeded(hook.ticket(), null, at(2)))).code());
        assertEquals("unknown-ticket", assertThrows(RefusedException.class,
                () -> release.apply(new Event.Started(99, at(2)))).code());
        List<Optional<PromoflowException>> refused = release.applyAll(List.of(
                new Event.PromotionSucceeded(promote.ticket(), at(5)),
                new Event.Skip("nowhere", "", null, at(5))));
        assertTrue(refused.get(0).isEmpty());
        assertEquals("unknown-environment", refused.get(1).orElseThrow().code());
        assertEquals(EnvironmentStatus.SUCCESSFUL, release.environment("staging").status());
        assertEquals("{\"URL\":\"x\"}", release.context());
        assertTrue(release.nextTimer().isPresent());
        assertTrue(release.render(RenderOptions.TEXT).contains("staging"));
        assertTrue(release.describeJson().contains("\"production\""));
    }

    @Test
    void operatorsAndTheirRecords() {
        Release release = flow.start(start());
        release.apply(new Event.Terminate("enough", true, "ann", at(6)));
        release.apply(new Event.Retry(List.of("staging"), "bob", at(7)));
        release.apply(new Event.Skip("production", "later", "eve", at(8)));
        List<ReleaseRecord> records = new ArrayList<>();
        release.records().forEach(records::add);
        List<Event> events = records.stream()
                .filter(one -> one instanceof ReleaseRecord.Applied)
                .map(one -> ((ReleaseRecord.Applied) one).event()).toList();
        assertEquals(List.of(new Event.Terminate("enough", true, "ann", at(6)),
                new Event.Retry(List.of("staging"), "bob", at(7)),
                new Event.Skip("production", "later", "eve", at(8))), events);
        assertTrue(records.contains(
                new ReleaseRecord.ReleaseChanged(ReleaseStatus.TERMINATED, "", at(6))),
                records.toString());
        assertTrue(records.stream().anyMatch(
                one -> one instanceof ReleaseRecord.EnvironmentChanged changed
                        && changed.status() == EnvironmentStatus.SKIPPED));
        assertTrue(records.stream().anyMatch(one -> one instanceof ReleaseRecord.Issued issued
                && issued.command() instanceof RunHook));
    }

    @Test
    void theWholeState() {
        Release release = flow.start(start().withContext("{\"A\":1,\"RELEASE_ID\":\"mine\"}"));
        Description before = release.describe();
        assertEquals("r", before.id());
        assertEquals(ReleaseStatus.RUNNING, before.status());
        assertEquals(3, before.environments().size());
        RunHook hook = (RunHook) before.outstanding().get(0).command();
        assertEquals(commands(release).get(0), hook);
        assertEquals(new Description.ContextEntry("A", "1", "1", 0, false),
                before.context().get(0));
        assertTrue(before.context().get(1).shadowed());
        Pending pending = release.whyPending("production");
        assertNull(pending.block());
        assertEquals(List.of("staging"), pending.unmet());
        assertEquals(List.of("staging"), pending.causes());
        release.apply(new Event.Suspended(1, at(1)));
        assertTrue(release.describe().outstanding().get(0).suspended());
        release.apply(new Event.HookFailed(1, "closed", "{\"B\":2}", at(2)));
        Description after = release.describe();
        assertEquals(new Description.RejectedExport(1, "", "{\"B\":2}"),
                after.rejectedExports().get(0));
        assertEquals(EnvironmentStatus.FAILED, after.environments().get(1).status());
        assertEquals(Block.FAILURE, release.whyPending("production").block());
    }

    @Test
    void aReleaseSurvivesACrash() {
        Start begin = start().withContext("{\"A\":1}").withSelection(Selection.until("staging"));
        String journal = flow.startLine(begin);
        Release release = flow.start(begin);
        Event event = new Event.HookSucceeded(1, "{\"B\":2}", at(7));
        journal += release.journal(event);
        release.apply(event);
        String snapshot = release.snapshot();
        for (Release twin : List.of(flow.restore(snapshot), flow.recover(journal))) {
            for (int i = 0; i < 2; ++i) {
                List<Command> again = commands(twin);
                assertEquals(1, again.size());
                assertEquals(2, ((Promote) again.get(0)).ticket());
                twin.reissue();
            }
            assertEquals(snapshot, twin.snapshot());
        }
        assertEquals("invalid-snapshot",
                assertThrows(RestoreException.class, () -> flow.restore("{}")).code());
        assertEquals("invalid-event",
                assertThrows(RestoreException.class, () -> flow.recover("{}\n")).code());
        Flow other = Flow.load(Texts.BILLING.replace("billing", "other"));
        assertEquals("snapshot-of-other-flow",
                assertThrows(RestoreException.class, () -> other.restore(snapshot)).code());
    }

    @Test
    void contextsSurvive() {
        String value = "[9223372036854775808,-1180591620717411303424,\"\ud83d\ude00\"]";
        for (int depth = 0; depth < 60; ++depth) {
            value = "{\"k\":" + value + "}";
        }
        String given = "{\"deep\":" + value + ",\"\ud83d\ude00 \\\\\\\"\":\"\u2028\\u0000\"}";
        Release release = flow.start(Start.of("\u00e9\ud800").withAt(at(0)).withContext(given));
        String got = release.context();
        assertTrue(got.contains("{\"k\":" + "[9223372036854775808,-1180591620717411303424,"), got);
        assertTrue(got.contains("\ud83d\ude00 \\\\\\\"") && got.contains("\u2028\\u0000"), got);
        RunHook hook = (RunHook) commands(release).get(0);
        assertEquals(got, hook.context());
        assertEquals("\u2028\0", hook.arguments().get("\ud83d\ude00 \\\""));
        // A lone surrogate has no UTF-8.
        assertEquals("\u00e9\ufffd/1", release.key(1));
        assertEquals("invalid-context", assertThrows(InvalidContextException.class,
                () -> flow.start(start().withContext("[1]"))).code());
    }

    @Test
    void startsThatAreRefused() {
        assertEquals("invalid-argument", assertThrows(PromoflowException.class,
                () -> flow.start(Start.of("").withAt(at(0)))).code());
        assertEquals("invalid-argument", assertThrows(PromoflowException.class,
                () -> flow.start(start().withSelection(Selection.skip()))).code());
        assertEquals("unknown-environment", assertThrows(RefusedException.class,
                () -> flow.start(start().withSelection(Selection.only("qa")))).code());
        assertEquals(EnvironmentStatus.SKIPPED, flow.start(start()
                .withSelection(Selection.skip("staging"))).environment("staging").status());
    }
}
