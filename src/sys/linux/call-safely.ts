/** One callback's exception is for the process to hear (uncaughtException), and keeps no other from its turn. */
export function callSafely(callback: () => void): void {
  try {
    callback();
  } catch (error) {
    process.nextTick(() => {
      throw error;
    });
  }
}
