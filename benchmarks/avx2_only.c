// Hides AVX-512 from a process, so that both engines run as on a processor with AVX2 only.
//
//     cc -O2 -shared -fPIC -o avx2_only.so benchmarks/avx2_only.c
//     LD_PRELOAD=$PWD/avx2_only.so python benchmarks/engines.py
//
// Linux on x86-64, on processors that can refuse the instruction CPUID to a process: each one then
// raises SIGSEGV, and the handler answers in the processor's place.

#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

enum { set_cpuid = 0x1012, refused = 0, allowed = 1 };  // of arch_prctl

static const uint32_t avx512_in_ebx =
    1u << 16 | 1u << 17 | 1u << 21 | 1u << 26 | 1u << 27 | 1u << 28 | 1u << 30 | 1u << 31;
static const uint32_t avx512_in_ecx = 1u << 1 | 1u << 6 | 1u << 11 | 1u << 12 | 1u << 14;
static const uint32_t avx512_and_amx_in_edx =
    1u << 2 | 1u << 3 | 1u << 8 | 1u << 22 | 1u << 23 | 1u << 24 | 1u << 25;
static const uint32_t avx_vnni_bf16_and_more_in_eax = 1u << 4 | 1u << 5 | 1u << 21 | 1u << 23;

static struct sigaction former;

static void answer(int number, siginfo_t* information, void* context) {
  (void)number;
  (void)information;
  greg_t* registers = ((ucontext_t*)context)->uc_mcontext.gregs;
  const unsigned char* instruction = (const unsigned char*)registers[REG_RIP];
  if (instruction[0] != 0x0f || instruction[1] != 0xa2) {  // no CPUID, but a fault of the program
    sigaction(SIGSEGV, &former, NULL);
    return;
  }
  const uint32_t leaf = (uint32_t)registers[REG_RAX], part = (uint32_t)registers[REG_RCX];
  uint32_t eax, ebx, ecx, edx;
  syscall(SYS_arch_prctl, set_cpuid, allowed);
  __asm__ volatile("cpuid" : "=a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx) : "a"(leaf), "c"(part));
  syscall(SYS_arch_prctl, set_cpuid, refused);
  if (leaf == 7 && part == 0) {
    ebx &= ~avx512_in_ebx;
    ecx &= ~avx512_in_ecx;
    edx &= ~avx512_and_amx_in_edx;
  }
  if (leaf == 7 && part == 1) {
    eax &= ~avx_vnni_bf16_and_more_in_eax;
    edx = 0;
  }
  registers[REG_RAX] = eax;
  registers[REG_RBX] = ebx;
  registers[REG_RCX] = ecx;
  registers[REG_RDX] = edx;
  registers[REG_RIP] += 2;  // past the instruction
}

__attribute__((constructor)) static void begin(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = answer;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  sigaction(SIGSEGV, &action, &former);
  if (syscall(SYS_arch_prctl, set_cpuid, refused) != 0) {
    static const char message[] = "avx2_only: this processor or kernel cannot refuse CPUID\n";
    if (write(STDERR_FILENO, message, sizeof message - 1) < 0) {
    }
    _exit(1);
  }
}
