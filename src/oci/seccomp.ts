/**
 * System calls that a container gets, by what they are for; every other one fails with EPERM (seccomp(2), runtime-spec "Seccomp").
 * In the manner of Docker's profile: nothing that mounts, makes namespaces, loads code into the kernel, changes the host's time, or opens
 * files by handles. What a capability guards well enough (chroot, ptrace of others, mknod) is left to the capability.
 */
const groups: Readonly<Record<string, string>> = {
  files: `access arm_fadvise64_64 arm_sync_file_range cachestat chdir chmod chown chown32 close close_range copy_file_range creat dup dup2 dup3 faccessat faccessat2 fadvise64 fadvise64_64
    fallocate fanotify_mark fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl fcntl64 fdatasync fgetxattr flistxattr flock fremovexattr
    fsetxattr fstat fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64 futimesat getcwd getdents getdents64 getxattr getxattrat ioctl
    lchown lchown32 lgetxattr link linkat listxattr listxattrat llistxattr _llseek lremovexattr lseek lsetxattr lstat lstat64 mkdir mkdirat mknod
    mknodat name_to_handle_at newfstatat open openat openat2 pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readahead readlink
    readlinkat readv removexattr removexattrat rename renameat renameat2 rmdir sendfile sendfile64 setxattr setxattrat splice stat stat64 statfs statfs64 statx
    symlink symlinkat sync sync_file_range sync_file_range2 syncfs tee truncate truncate64 umask unlink unlinkat utime utimensat utimensat_time64 utimes
    vmsplice write writev`,
  memory: `brk cacheflush madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mlock mlock2 mlockall mmap mmap2
    mprotect mremap mseal msync munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect process_mrelease remap_file_pages`,
  processes: `alarm arch_prctl capget capset chroot execve execveat exit exit_group fork get_robust_list get_thread_area getcpu getegid
    getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getpgid getpgrp getpid getppid getpriority getresgid getresgid32
    getresuid getresuid32 getrlimit getrusage getsid gettid getuid getuid32 ioprio_get ioprio_set kill pidfd_open pidfd_send_signal
    prctl prlimit64 rseq sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr sched_getparam
    sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity sched_setattr sched_setparam
    sched_setscheduler sched_yield seccomp set_robust_list set_thread_area set_tid_address setfsgid setfsgid32 setfsuid setfsuid32
    setgid setgid32 setgroups setgroups32 setpgid setpriority setregid setregid32 setresgid setresgid32 setresuid setresuid32 setreuid
    setreuid32 setrlimit setsid setuid setuid32 sysinfo tgkill times tkill ugetrlimit uname vfork wait4 waitid waitpid landlock_create_ruleset
    landlock_add_rule landlock_restrict_self`,
  debugging: `kcmp process_vm_readv process_vm_writev ptrace`,
  libraries: `breakpoint getrandom modify_ldt set_tls`,
  signals: `pause rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait
    rt_sigtimedwait_time64 rt_tgsigqueueinfo sigaltstack signalfd signalfd4 sigprocmask sigreturn restart_syscall`,
  waiting: `epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2
    futex futex_requeue futex_time64 futex_wait futex_waitv futex_wake inotify_add_watch inotify_init inotify_init1 inotify_rm_watch
    io_cancel io_destroy io_getevents io_pgetevents io_pgetevents_time64 io_setup io_submit _newselect pipe pipe2 poll ppoll
    ppoll_time64 pselect6 pselect6_time64 select`,
  time: `clock_getres clock_getres_time64 clock_gettime clock_gettime64 clock_nanosleep clock_nanosleep_time64 getitimer gettimeofday
    nanosleep setitimer time timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64
    timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64`,
  network: `accept accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom recvmmsg recvmmsg_time64 recvmsg send
    sendmmsg sendmsg sendto setsockopt shutdown socketcall socketpair`,
  ipc: `ipc mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 mq_unlink msgctl
    msgget msgrcv msgsnd semctl semget semop semtimedop semtimedop_time64 shmat shmctl shmdt shmget`,
};

/** CLONE_NEWNS|NEWCGROUP|NEWUTS|NEWIPC|NEWUSER|NEWPID|NEWNET: a container makes no namespaces (clone(2)). */
const newNamespaces = 0x7e020000;
/** AF_VSOCK would reach a hypervisor behind the network's back (address_families(7)). */
const vsock = 40;
const eperm = 1;
const enosys = 38;

/** `linux.seccomp` of config.json, for 64- and 32-bit programs of x86 and ARM. */
export function defaultSeccomp(): Record<string, unknown> {
  const names = Object.values(groups)
    .flatMap((text) => text.split(/\s+/))
    .filter((name) => name !== "");
  return {
    defaultAction: "SCMP_ACT_ERRNO",
    defaultErrnoRet: eperm,
    architectures: architectures[process.arch] ?? [],
    syscalls: [
      { names, action: "SCMP_ACT_ALLOW" },
      {
        names: ["clone"],
        action: "SCMP_ACT_ALLOW",
        args: [{ index: 0, value: newNamespaces, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ" }],
      },
      // its flags are behind a pointer, which a filter cannot follow: libraries fall back to clone on ENOSYS, not on EPERM
      { names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: enosys },
      { names: ["socket"], action: "SCMP_ACT_ALLOW", args: [{ index: 0, value: vsock, op: "SCMP_CMP_NE" }] },
      // Linux, 32 bit on 64, uname26, both, and the question what it is (personality(2))
      ...[0x0, 0x0008, 0x20000, 0x20008, 0xffffffff].map((value) => ({
        names: ["personality"],
        action: "SCMP_ACT_ALLOW",
        args: [{ index: 0, value, op: "SCMP_CMP_EQ" }],
      })),
    ],
  };
}

const architectures: Readonly<Partial<Record<string, readonly string[]>>> = {
  x64: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
  arm64: ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"],
};
