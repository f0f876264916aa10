package io.tideline.cli;

import io.tideline.cli.console.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** Which Tideline this is, as the build wrote it into the jar, and on what it runs. */
final class Version implements IVersionProvider {

    private static final String BUILT_INTO_JAR = "/META-INF/maven/io.tideline/tideline-cli/pom.properties";

    @Override
    public String[] getVersion() {
        return new String[] {"tideline " + ofBuild() + " (Java " + Runtime.version() + ", " + System.getProperty("os.name") + " "
                + System.getProperty("os.arch") + ")"};
    }

    private static String ofBuild() {
        String manifest = Version.class.getPackage().getImplementationVersion();
        if (manifest != null) {
            return manifest;
        }
        try (InputStream properties = Version.class.getResourceAsStream(BUILT_INTO_JAR)) {
            if (properties == null) {
                return "built from sources";
            }
            Properties build = new Properties();
            build.load(properties);
            return build.getProperty("version", "of unknown version");
        } catch (IOException refused) {
            return "of unknown version (" + Reason.of(refused) + ")";
        }
    }
}
