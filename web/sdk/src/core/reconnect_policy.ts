/** Short outages end fast; long ones must not be hammered. */
const DELAYS_MS = [0, 300, 1200, 2700, 4800, 7000];
/** Then every 7 s until this much time went by since the connection was lost. */
const GIVE_UP_AFTER_MS = 120_000;
/** After the first two, up to this part more, so that a room does not come back in one instant. */
const SPREAD = 0.3;
/** A connection that held this long was a good one: its loss begins a new count. */
const STABLE_MS = 10_000;

/** Decides whether and when to connect again. */
export class ReconnectPolicy {
  #attempts = 0;
  #lostMs: number | undefined;
  #connectedMs: number | undefined;

  /** Attempts since the connection was lost. */
  get attempts(): number {
    return this.#attempts;
  }

  onConnected(nowMs: number): void {
    this.#connectedMs = nowMs;
  }

  /**
   * The connection was lost, or an attempt failed.
   *
   * @param random - 0 to 1, to spread those who lost it together.
   * @returns how long to wait before the next attempt in ms; undefined to give up.
   */
  next(nowMs: number, random: number): number | undefined {
    const stable = this.#connectedMs !== undefined && nowMs - this.#connectedMs >= STABLE_MS;
    this.#connectedMs = undefined;
    if (stable) {
      this.#attempts = 0;
      this.#lostMs = undefined;
    }
    this.#lostMs ??= nowMs;
    if (nowMs - this.#lostMs >= GIVE_UP_AFTER_MS) return undefined;
    const delay = DELAYS_MS[Math.min(this.#attempts, DELAYS_MS.length - 1)] as number;
    const spread = this.#attempts < 2 ? 0 : delay * SPREAD * random;
    this.#attempts++;
    return delay + spread;
  }
}
