import { isStack, nameOf, typeOf, WORDS } from "../display/words.js";
import type { EngineEvent, StepMetadata } from "../model/types.js";

/** Which steps are under way, and how those ended that were when the user wished to stop. */
export class UnderWay {
  /** URN → "creating Bridge home" */
  private readonly running = new Map<string, string>();
  /** URN → what became of it. */
  private watched: Map<string, string> | undefined;

  event(event: EngineEvent): void {
    if ("resourcePreEvent" in event) this.begun(event.resourcePreEvent.metadata);
    else if ("resOutputsEvent" in event) this.ended(event.resOutputsEvent.metadata, "finished");
    else if ("resOpFailedEvent" in event)
      this.ended(event.resOpFailedEvent.metadata, "failed (its error says what was undone)");
  }

  /** From now on what becomes of those that run is remembered. Says which they are. */
  watch(): string {
    this.watched = new Map([...this.running].map(([urn, step]) => [urn, `in doubt: ${step}`]));
    const steps = [...this.running.values()];
    return steps.length > 0 ? `Waiting for what is under way: ${steps.join(", ")}.\n` : "Nothing is under way.\n";
  }

  /** What became of them; "" when nobody wished to stop. */
  conclusion(): string {
    if (!this.watched) return "";
    const outcomes = [...this.watched.values(), "nothing else was begun"].join("; ");
    return `Stopped as asked. ${outcomes}. Run the same command again to go on.\n`;
  }

  private begun({ op, urn, new: now, old }: StepMetadata): void {
    const { going } = WORDS[op];
    // What a component "creates" is its parts, each a step of its own.
    if (!going || isStack(urn) || !(now ?? old)?.custom) return;
    this.running.set(urn, `${going} ${typeOf(urn).split(":").at(-1)} ${nameOf(urn)}`);
  }

  private ended({ urn }: StepMetadata, outcome: string): void {
    const step = this.running.get(urn);
    this.running.delete(urn);
    if (step !== undefined && this.watched?.has(urn)) this.watched.set(urn, `${outcome}: ${step}`);
  }
}
