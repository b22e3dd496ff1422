// The match clock as an axis: periods one after the other, stoppage in full, a gap for each break.

export const GAP = 240;
export const SHOOT_OUT = 5;
const NAMES = { 1: "first half", 2: "second half", 3: "first half of extra time", 4: "second half of extra time", 5: "shoot-out" };
const START = { 1: 0, 2: 45, 3: 90, 4: 105 };
const END = { 1: 45, 2: 90, 3: 105, 4: 120 };

export const periodName = (period) => NAMES[period] ?? "";
const seconds = ({ minute, second = 0 }) => 60 * minute + second;

/** The running minute as football writes it: `23` from 22:00 on, `45+2` in stoppage. */
export function minuteLabel(period, minute) {
  if (!START.hasOwnProperty(period)) return period === SHOOT_OUT ? "120" : "";
  return minute < END[period] ? String(minute + 1) : `${END[period]}+${minute - END[period] + 1}`;
}

/** The clock as it stood: `63:12`, in stoppage `45+1:30`. */
export function clockLabel({ period, minute, second = 0 }) {
  const rest = String(second).padStart(2, "0");
  const end = END[period];
  if (end !== undefined && minute >= end && minute + second > end) return `${end}+${minute - end}:${rest}`;
  return `${minute}:${rest}`;
}

/** Earlier, same or later, as a sort function has it; stoppage comes before the next period. */
export const byMoment = (a, b) => a.period - b.period || a.minute - b.minute || a.second - b.second;

/** Maps (period, minute, second) to seconds on one axis and back. */
export class MatchAxis {
  constructor(moments) {
    const last = new Map();
    for (const moment of moments) {
      if (START.hasOwnProperty(moment.period)) {
        last.set(moment.period, Math.max(last.get(moment.period) ?? 0, seconds(moment)));
      }
    }
    const extra = last.has(3) || last.has(4);
    this.periods = [];
    let offset = 0;
    for (const period of extra ? [1, 2, 3, 4] : [1, 2]) {
      const start = 60 * START[period];
      const end = Math.max(60 * END[period], last.get(period) ?? 0);
      this.periods.push({ period, start, nominal: 60 * END[period], end, from: offset, to: offset + end - start });
      offset += end - start + GAP;
    }
    this.end = offset - GAP;
  }

  /** Where a moment is, in seconds from kick-off on the axis. */
  x(moment) {
    const last = this.periods.at(-1);
    if (!(moment.period > 0)) return 0;
    const found = this.periods.find(({ period }) => period === moment.period);
    if (!found) return last.to;
    return found.from + Math.min(Math.max(seconds(moment) - found.start, 0), found.end - found.start);
  }

  /** The moment at a place on the axis; in a break it is the end of the period before. */
  moment(x) {
    const found = this.periods.findLast(({ from }) => from <= x) ?? this.periods[0];
    const at = Math.round(found.start + Math.min(Math.max(x, found.from), found.to) - found.from);
    return { period: found.period, minute: Math.floor(at / 60), second: at % 60 };
  }

  /** The breaks as [from, to]. */
  get breaks() {
    return this.periods.slice(1).map(({ from }) => [from - GAP, from]);
  }

  /** The stoppage of each period as [from, to], where there is any. */
  get stoppages() {
    return this.periods
      .filter(({ nominal, end }) => end > nominal)
      .map(({ nominal, start, from, to }) => [from + nominal - start, to]);
  }

  /** Labelled ticks: every quarter of an hour of play, or every half where room is scarce. */
  ticks(every = 15) {
    return this.periods.flatMap(({ period, start, nominal, from }, index) => {
      const marks = [];
      for (let at = start; at <= nominal; at += 60 * every) {
        if (at === start && index > 0) continue;
        marks.push({ x: from + at - start, text: `${at / 60}′`, period });
      }
      return marks;
    });
  }

  /** Every whole minute that was played up to a place on the axis, and that place itself. */
  minutes(until) {
    const all = this.periods.flatMap(({ start, end, from }) => {
      const marks = [];
      for (let at = start; at <= end; at += 60) marks.push(from + at - start);
      return marks;
    });
    return [...all.filter((x) => x < until), until];
  }
}

/** The axis of a match, from all that is known to have a place on it. */
export function axisOf(stats, history = []) {
  return new MatchAxis([stats, ...stats.timeline, ...stats.shots, ...history]);
}
