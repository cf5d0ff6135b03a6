/// What is in the Debian image.
enum DebianRoot {
    static let release = "bookworm"
    static let label = "berth-root"
    /// Of the file system; it grows to its disk at the first boot.
    static let mebibytes = 1200

    static let packages = [
        "linux-image-cloud-amd64", "cloud-init", "cloud-guest-utils", "openssh-server", "qemu-guest-agent", "systemd-sysv", "systemd-resolved",
        "netplan.io",
        "iproute2", "dbus", "sudo", "ca-certificates", "e2fsprogs",
    ]

    static let excluded = ["/usr/share/man/*", "/usr/share/doc/*", "/usr/share/locale/*"]

    /// A unit has long to start, since an emulated guest on a busy machine is many times slower than systemd expects.
    /// Debian keeps /vmlinuz and /initrd.img as links to the newest kernel, so nothing in the guest has to know of the loader.
    static let loaderConfiguration = """
        search.fs_label \(label) root
        linux /vmlinuz root=LABEL=\(label) ro console=ttyS0 net.ifnames=0 quiet systemd.default_timeout_start_sec=900
        initrd /initrd.img
        boot

        """

    /// Called with the tree, the file system to make of it and its size. What is bound into the tree must not get into the file system.
    static let finish = #"""
        set -e
        root=$1
        echo 'LABEL=\#(label) / ext4 defaults,errors=remount-ro 0 1' >"$root/etc/fstab"
        echo localhost >"$root/etc/hostname"
        : >"$root/etc/machine-id"
        rm -f "$root"/etc/ssh/ssh_host_* "$root/var/lib/dbus/machine-id"
        printf 'datasource_list: [ NoCloud, None ]\nlocale: C.UTF-8\napt: {preserve_sources_list: true}\n' >"$root/etc/cloud/cloud.cfg.d/90_berth.cfg"
        for unit in apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap.service; do
            ln -sf /dev/null "$root/etc/systemd/system/$unit"
        done
        rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/archives/*.deb "$root"/var/cache/apt/*.bin "$root"/var/log/*.log "$root"/var/log/apt/*
        ln -sf ../run/systemd/resolve/stub-resolv.conf "$root/etc/resolv.conf"
        unshare -m sh -c '
            cut -d" " -f2 /proc/self/mounts | grep "^$0/" | sort -r | xargs -r umount -l
            truncate -s "$2M" "$1"
            mke2fs -q -t ext4 -L \#(label) -d "$0" "$1"
        ' "$root" "$2" "$3"

        """#
}
