package io.tideline.hlog.device;

import io.tideline.fault.IoFault;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Takes every descriptor that the process may have, has each device make one file more, and prints what it says. A program, because nothing else runs in such a process. */
final class FullTable {
    private FullTable() {
    }

    /** Argument: directory. */
    public static void main(String[] arguments) throws IOException {
        Path directory = Path.of(arguments[0]);
        List<Device> devices = List.of(new FileDevice(directory, 1), new DirectDevice(directory, 1), UringDevice.open(directory, 1, 0), new MappedDevice(directory, 1, 4096));
        for (Device device : devices) {
            device.create("log/" + device.model()).close(); // loads what is needed of the JVM
            said(device, "log/" + device.model());
        }
        List<FileInputStream> all = new ArrayList<>();
        List<String> said = new ArrayList<>();
        try {
            for (;;) {
                all.add(new FileInputStream("/dev/null"));
            }
        } catch (IOException none) {
            devices.forEach(device -> said.add(said(device, "more")));
            said.add("room for " + devices.getFirst().roomForFiles());
        }
        for (FileInputStream each : all) {
            each.close();
        }
        said.forEach(System.out::println);
        System.exit(said.size() - devices.size() - 1);
    }

    private static String said(Device device, String name) {
        try {
            device.create(name).close();
            return "nothing";
        } catch (IoFault refused) {
            return refused.getMessage();
        }
    }
}
