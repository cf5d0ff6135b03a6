import ClusterModel

/// The first process of the tiny image, and what it needs beside busybox.
enum TinyInit {
    /// In the order of their loading: each stands after those that it needs.
    static func modules(of architecture: Architecture, guestAgent: Bool) -> [String] {
        // Debian's cloud kernel for aarch64 has its button built in, and knows no pvpanic.
        everywhere + (architecture == .x86_64 ? ["button", "pvpanic", "pvpanic-pci"] : []) + (guestAgent ? ["virtio_console"] : [])
    }

    private static let everywhere = [
        "virtio_ring", "virtio", "virtio_pci_modern_dev", "virtio_pci_legacy_dev", "virtio_pci", "failover", "net_failover", "virtio_net",
        "virtio_blk", "virtio-rng", "cdrom", "isofs", "evdev", "virtio_balloon",
    ]

    static let directories = ["bin", "dev", "etc", "modules", "proc", "root", "seed", "sys"]

    /// The lines that begin with "berth: " are facts that only the booted guest knows.
    static let script = #"""
        #!/bin/busybox sh
        /bin/busybox --install -s /bin
        export PATH=/bin HOME=/root TERM=linux
        mount -t proc none /proc
        mount -t sysfs none /sys
        mount -t devtmpfs none /dev
        mkdir -p /dev/pts
        mount -t devpts none /dev/pts
        tty=/dev/$(awk '{print $NF}' /sys/class/tty/console/active)
        exec <"$tty" >"$tty" 2>&1
        echo 3 >/proc/sys/kernel/printk

        while read -r module; do
            insmod "/modules/$module.ko" || echo "berth: error=cannot load $module"
        done </modules/order

        ip link set lo up

        if [ -x /agent/qemu-ga ]; then
            mkdir -p /run /tmp
            for port in /sys/class/virtio-ports/*; do
                [ "$(cat "$port/name")" = org.qemu.guest_agent.0 ] || continue
                /agent/qemu-ga --method virtio-serial --path "/dev/${port##*/}" --statedir /run --pidfile /run/qemu-ga.pid &
                agent=started
            done
        fi

        for tries in 1 2 3 4 5 6 7 8 9 10; do
            for disk in /sys/class/block/vd*; do
                [ -e "$disk" ] || continue
                device=/dev/${disk##*/}
                if [ "$(dd if="$device" bs=1 skip=32808 count=32 2>/dev/null | tr -d ' ')" = cidata ]; then
                    seed=$device
                fi
            done
            [ -n "$seed" ] && break
            usleep 100000
        done

        value() { sed -n "s/^ *\"$1\" *: *\"\([^\"]*\)\".*/\1/p" "$2" | head -n 1; }

        if [ -n "$seed" ] && mount -t iso9660 -o ro "$seed" /seed; then
            instance=$(value instance-id /seed/meta-data)
            hostname "$(value local-hostname /seed/meta-data)"
            network=/seed/network-config
            interface=eth0
            address=$(sed -n 's/^ *"\([0-9.]*\/[0-9]*\)".*/\1/p' $network | head -n 1)
            ip link set $interface up
            ip address add "$address" dev $interface
            ip route add default via "$(value via $network)"
            sed -n '/"nameservers"/,/]/s/^ *"\([0-9.]*\)".*/nameserver \1/p' $network >/etc/resolv.conf
        else
            echo "berth: error=no seed disk labelled cidata"
        fi

        for input in /sys/class/input/event*; do
            if [ "$(cat "$input/device/name")" = "Power Button" ]; then
                (
                    head -c 1 "/dev/input/${input##*/}" >/dev/null
                    echo "berth: event=power-button"
                    umount /seed
                    poweroff -f
                ) &
                button=ready
            fi
        done

        echo "berth: hostname=$(hostname)"
        echo "berth: instance-id=$instance"
        echo "berth: address=$(ip -4 -o address show dev eth0 | awk '{print $4}')"
        echo "berth: gateway=$(ping -c 1 -W 2 "$(value via $network)" >/dev/null 2>&1 && echo reachable || echo unreachable)"
        echo "berth: kernel=$(uname -r)"
        echo "berth: memory=$(awk '/MemTotal/ {print $2}' /proc/meminfo) kB"
        echo "berth: power-button=${button:-missing}"
        [ -x /agent/qemu-ga ] && echo "berth: guest-agent=${agent:-missing}"
        echo "berth: ready"

        while :; do
            setsid cttyhack sh -l
        done

        """#
}
