// SPDX-License-Identifier: Apache-2.0

import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Redirects the unsigned comparisons in the compiled module: `java Redirect.java FOLDER`.
 *
 * <p>The compiler calls those of Chicory's runtime, which use Integer.compareUnsigned(); the
 * optimizing compiler of JDK 17 makes wrong code of it in some of these functions, so that the module
 * traps. Those of the class CoreMachineShaded, which every class of the module refers to, do without.
 * A reference to a method names its class by an index into the same pool, so two bytes are changed.
 */
final class Redirect {
    private static final String FROM = "com/dylibso/chicory/runtime/OpcodeImpl";
    private static final String TO = "CoreMachineShaded";
    /** What the other modules call in its place: of equal length, so its bytes are replaced. */
    private static final List<String> TWINS = List.of("io/promoflow/internal/DiffMachineShaded",
            "io/promoflow/internal/ConfMachineShaded");
    private static final List<String> NAMES = List.of("I32_LT_U", "I32_LE_U", "I32_GT_U",
            "I32_GE_U", "I64_LT_U", "I64_LE_U", "I64_GT_U", "I64_GE_U");

    private final byte[] bytes;
    private final int[] at;

    /** Finds where each constant of a class file is. */
    private Redirect(Path file) throws IOException {
        bytes = Files.readAllBytes(file);
        ByteBuffer in = ByteBuffer.wrap(bytes, 8, bytes.length - 8);
        at = new int[in.getShort() & 0xffff];
        for (int i = 1; i < at.length; ++i) {
            at[i] = in.position();
            int size = switch (in.get()) {
                case 1 -> in.getShort() & 0xffff;
                case 3, 4, 9, 10, 11, 12, 17, 18 -> 4;
                case 5, 6 -> 8;
                case 7, 8, 16, 19, 20 -> 2;
                case 15 -> 3;
                default -> throw new IOException(file + ": an unknown constant");
            };
            in.position(in.position() + size);
            i += size == 8 && (bytes[at[i]] == 5 || bytes[at[i]] == 6) ? 1 : 0;
        }
    }

    private int index(int offset) {
        return (bytes[offset] & 0xff) << 8 | bytes[offset + 1] & 0xff;
    }

    private boolean is(int constant, int tag) {
        return at[constant] != 0 && bytes[at[constant]] == tag;
    }

    private String text(int constant) throws IOException {
        return new DataInputStream(new java.io.ByteArrayInputStream(bytes, at[constant] + 1,
                bytes.length - at[constant] - 1)).readUTF();
    }

    private String className(int constant) throws IOException {
        return text(index(at[constant] + 1));
    }

    /** The class of all modules in the place of each one's own. */
    private void shareClass() throws IOException {
        for (int i = 1; i < at.length; ++i) {
            if (is(i, 1) && TWINS.contains(text(i))) {
                byte[] name = ("io/promoflow/internal/" + TO).getBytes();
                System.arraycopy(name, 0, bytes, at[i] + 3, name.length);
            }
        }
    }

    /** How many references were changed. */
    private int redirect() throws IOException {
        shareClass();
        int to = 0;
        for (int i = 1; i < at.length; ++i) {
            if (is(i, 7) && className(i).endsWith(TO)) {
                to = i;
            }
        }
        int changed = 0;
        for (int i = 1; i < at.length; ++i) {
            if (is(i, 10) && className(index(at[i] + 1)).equals(FROM)
                    && NAMES.contains(text(index(at[index(at[i] + 3)] + 1)))) {
                if (to == 0) {
                    throw new IOException("no reference to " + TO);
                }
                bytes[at[i] + 1] = (byte) (to >> 8);
                bytes[at[i] + 2] = (byte) to;
                ++changed;
            }
        }
        return changed;
    }

    /** Ends with an error if there was nothing to change: the compiler is another one then. */
    public static void main(String[] args) throws IOException {
        int changed = 0;
        try (Stream<Path> files = Files.walk(Path.of(args[0]))) {
            for (Path file : files.filter(one -> one.toString().endsWith(".class")).toList()) {
                Redirect one = new Redirect(file);
                int found = one.redirect();
                Files.write(file, one.bytes);
                changed += found;
            }
        }
        if (changed == 0) {
            throw new IOException("no unsigned comparison in " + args[0]);
        }
    }
}
