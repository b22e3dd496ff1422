// Probabilities as people read them: whole per cents that sum to 100 and never claim certainty.

const THIN = "\u202f";

/** Whole numbers that sum to 100, by the largest remainder; `shares` are any non-negative numbers. */
export function roundShares(shares) {
  const total = shares.reduce((sum, share) => sum + share, 0);
  if (!(total > 0)) return shares.map(() => 0);
  const exact = shares.map((share) => (100 * share) / total);
  const whole = exact.map(Math.floor);
  const missing = 100 - whole.reduce((sum, value) => sum + value, 0);
  exact
    .map((value, index) => ({ index, rest: value - whole[index] }))
    .sort((a, b) => b.rest - a.rest || a.index - b.index)
    .slice(0, missing)
    .forEach(({ index }) => { whole[index] += 1; });
  return whole;
}

function word(whole, final) {
  if (!final && whole <= 0) return `<1${THIN}%`;
  if (!final && whole >= 100) return `>99${THIN}%`;
  return `${whole}${THIN}%`;
}

/** Labels of home, draw and away. Before full time none of them reads 0 or 100. */
export function shareLabels({ home, draw, away }, final = false) {
  const [h, d, a] = roundShares([home, draw, away]);
  return { home: word(h, final), draw: word(d, final), away: word(a, final) };
}

/** A single probability, by the same rule. */
export function percent(probability, final = false) {
  return word(Math.round(100 * probability), final);
}

/** The changes of home, draw and away in points, as the labels of both show them: `+31`, `−4`, `±0`. */
export function points(now, before) {
  const rounded = ({ home, draw, away }) => roundShares([home, draw, away]);
  const earlier = rounded(before);
  const [home, draw, away] = rounded(now).map((whole, index) => signed(whole - earlier[index]));
  return { home, draw, away };
}

function signed(change) {
  if (change === 0) return "±0";
  return change > 0 ? `+${change}` : `−${-change}`;
}
