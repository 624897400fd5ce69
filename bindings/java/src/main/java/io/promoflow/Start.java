// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import java.time.Instant;

/**
 * What a release is started with: {@code Start.of("r-42").withProduct("billing")}.
 *
 * @param id the release's id, which is required
 * @param url where people find it; may be empty, as may be the next three
 * @param product what is promoted
 * @param version its version
 * @param commitSha its commit
 * @param context the initial promotion context, a JSON object; null: none
 * @param at when it starts; null: when {@link #now()} is called for it
 * @param selection which environments it promotes to
 */
public record Start(String id, String url, String product, String version, String commitSha,
        String context, Instant at, Selection selection) {

    /**
     * A start now, of all environments.
     *
     * @param id the release's id
     * @return the start
     */
    public static Start of(String id) {
        return new Start(id, "", "", "", "", null, null, Selection.ALL);
    }

    /**
     * The same with another URL.
     *
     * @param url where people find the release
     * @return the start
     */
    public Start withUrl(String url) {
        return new Start(id, url, product, version, commitSha, context, at, selection);
    }

    /**
     * The same with another product.
     *
     * @param product what is promoted
     * @return the start
     */
    public Start withProduct(String product) {
        return new Start(id, url, product, version, commitSha, context, at, selection);
    }

    /**
     * The same with another version.
     *
     * @param version the product's version
     * @return the start
     */
    public Start withVersion(String version) {
        return new Start(id, url, product, version, commitSha, context, at, selection);
    }

    /**
     * The same with another commit.
     *
     * @param commitSha the commit
     * @return the start
     */
    public Start withCommitSha(String commitSha) {
        return new Start(id, url, product, version, commitSha, context, at, selection);
    }

    /**
     * The same with another promotion context.
     *
     * @param context a JSON object
     * @return the start
     */
    public Start withContext(String context) {
        return new Start(id, url, product, version, commitSha, context, at, selection);
    }

    /**
     * The same at another time.
     *
     * @param at when the release starts
     * @return the start
     */
    public Start withAt(Instant at) {
        return new Start(id, url, product, version, commitSha, context, at, selection);
    }

    /**
     * The same with other environments.
     *
     * @param selection which environments it promotes to
     * @return the start
     */
    public Start withSelection(Selection selection) {
        return new Start(id, url, product, version, commitSha, context, at, selection);
    }

    /** {@return the same with the present time, if it has none} */
    public Start now() {
        return at == null ? withAt(Instant.now()) : this;
    }

    int make(Call call, int flow) {
        return call.make("promoflow_release_start_with", flow, info(call), millis(),
                call.text(context), selection.place(call));
    }

    String line(Call call, int flow) {
        return call.buffer("promoflow_start_json", flow, info(call), millis(),
                call.text(context), selection.place(call));
    }

    private long millis() {
        return now().at().toEpochMilli();
    }

    private int info(Call call) {
        return Structure.sized(call).u32(0).text(id).text(url).text(product).text(version)
                .text(commitSha).placeSized();
    }
}
