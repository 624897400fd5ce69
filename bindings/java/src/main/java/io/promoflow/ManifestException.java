// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import java.util.List;

/** A manifest, or a flow that was built in code, has errors. */
public final class ManifestException extends DiagnosticsException {
    private static final long serialVersionUID = 1;

    ManifestException(List<Diagnostic> diagnostics) {
        super("invalid-manifest", diagnostics);
    }
}
