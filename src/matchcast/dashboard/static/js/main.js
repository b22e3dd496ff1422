// The match page: one feed, one state, and the parts that show it.

import { installAirflow } from "./airflow.js";
import { get, post } from "./ask.js";
import { connectionOf } from "./connection.js";
import { byId, el, setAttribute, setText } from "./dom.js";
import { Feed } from "./feed.js";
import { readLamps } from "./lamps.js";
import { keepOnly, mergeMatches, mergePrediction, mergeRecent, mergeStats } from "./merge.js";
import { installNewMatch, wishedMatch } from "./new-match.js";
import { Outlook } from "./outlook.js";
import { renderPill, renderScoreboard } from "./scoreboard.js";
import { Scrub } from "./scrub.js";
import { ShotMap } from "./shot-map.js";
import { installDrawer, renderMatches, renderRecent, renderSystem } from "./sidebar.js";
import { StatisticsTable } from "./statistics.js";
import { Story } from "./story.js";
import { installTheme } from "./theme.js";
import { Timeline } from "./timeline.js";
import { viewOf } from "./view.js";
import { showSession } from "./who.js";
import { announcement, heldOutText, isOver } from "./words.js";

const SAID_MS = 15_000;
const WISH_MS = 60_000; // a match that was asked for kicks off within seconds, or the producer refused it
const DRAW_MS = 200; // charts are drawn at most five times a second

const state = { matchId: null, matches: [], stats: null, prediction: null, recent: [], lamps: {}, changedAt: null, said: null, wish: null };
let skew = 0; // the server's clock less this one, in ms

const scrub = new Scrub();
const story = new Story(byId("story"), scrub);
const parts = [new Outlook(byId("outlook")), story, new ShotMap(byId("shots")), new Timeline(byId("record")), new StatisticsTable(byId("statistics"))];
const feed = new Feed({ snapshot: takeSnapshot, update: takeUpdate, tick: takeTick, gone: leaveMatch, change: drawConnection });
const drawer = installDrawer();

function takeLamps(status) {
  const before = state.lamps;
  state.lamps = { ...before, ...readLamps(status, before) };
  const unexplained = Object.values(state.lamps).some((lamp) => lamp.state !== "online" && lamp.reason === undefined);
  if (unexplained) {
    get("/api/system/status").then(({ components }) => {
      state.lamps = Object.fromEntries(components.map((part) => [part.name, part]));
      drawSoon();
    }).catch(() => {});
  }
}

function takeSnapshot(data) {
  if (data.matches) state.matches = mergeMatches(keepOnly(state.matches, data.matches), data.matches);
  findWished();
  if (data.recent_events) state.recent = mergeRecent([], data.recent_events);
  if (data.status) takeLamps(data.status);
  if (data.prediction) state.prediction = data.prediction;
  if (data.stats && (state.matchId === null || data.stats.match.id === state.matchId)) {
    state.stats = data.stats;
    state.changedAt = Math.min(Date.now(), Date.parse(data.stats.updated_at) - skew || Date.now());
  }
  chooseWhenNone();
  drawSoon();
}

function takeUpdate(data) {
  if (data.matches) state.matches = mergeMatches(state.matches, data.matches);
  if (data.match) state.matches = mergeMatches(state.matches, [data.match]);
  findWished();
  if (data.recent_events) state.recent = mergeRecent(state.recent, data.recent_events);
  if (data.prediction) state.prediction = mergePrediction(state.prediction, data.prediction);
  if (data.match && data.match.match_id === state.matchId) {
    announce(data.timeline ?? []);
    state.stats = mergeStats(state.stats, data);
    if (data.stats) state.changedAt = Date.now();
  }
  chooseWhenNone();
  drawSoon();
}

function takeTick(data) {
  skew = Date.parse(data.now) - Date.now() || 0;
  if (data.status) takeLamps(data.status);
  drawSoon();
}

function announce(entries) {
  const known = new Set(state.stats?.timeline.map(({ id }) => String(id)));
  const texts = entries.filter(({ id }) => !known.has(String(id))).map((entry) => announcement(entry, state.stats.match)).filter(Boolean);
  if (texts.length) byId("announcer").textContent = texts.join(" ");
}

function chooseWhenNone() {
  if (state.matchId === null && state.matches.length) follow(state.matches[0].match_id);
}

/** See whether the match that was asked for has kicked off. */
function findWished() {
  if (state.wish && !state.wish.row) state.wish.row = wishedMatch(state.matches, state.wish);
}

/** Follow a match: the page shows it from its snapshot on. */
function follow(matchId, { visited = false } = {}) {
  drawer.close();
  if (matchId === state.matchId) return;
  Object.assign(state, { matchId, stats: null, prediction: null, changedAt: null });
  if (state.wish?.row?.match_id === matchId) state.wish = null;
  scrub.backToLive();
  feed.open(matchId);
  if (visited) {
    history.pushState({ matchId }, "", `/?match_id=${encodeURIComponent(matchId)}`);
    post("/api/select-match", { match_id: matchId }).catch(() => {}); // a convenience for the next visit
    scrollTo({ top: 0 });
  }
  drawSoon();
}

function leaveMatch() {
  Object.assign(state, { matchId: null, stats: null, prediction: null });
  say("There is no match of that id here: it never ran, or it is not kept any more.");
  history.replaceState({}, "", "/");
  feed.open(null);
}

/** Show a sentence for a while. */
function say(sentence) {
  state.said = sentence;
  setTimeout(() => { if (state.said === sentence) state.said = null; }, SAID_MS);
  drawConnection();
}

function drawConnection() {
  const connection = connectionOf({ feed, stats: state.stats, lamps: state.lamps, changedAt: state.changedAt });
  renderPill(connection);
  const dimmed = connection.state === "stale";
  setAttribute(byId("content"), "data-dimmed", dimmed ? "" : null);
  drawNotice(connection, dimmed);
}

/** Remember that a match was asked for, until it is watched or does not come. */
function wait(wish) {
  state.wish = wish;
  setTimeout(() => { if (state.wish === wish && !wish.row) state.wish = null; }, WISH_MS);
  drawConnection();
}

function wishText({ home_team: home, away_team: away, row }) {
  if (row) return "The match that was asked for has kicked off.";
  const teams = [home, away].filter(Boolean).join(", ");
  return `A new match is asked for${teams && ` (${teams})`}: its link is here when it kicks off.`;
}

function incompleteText({ match }) {
  return [match.home_team, match.away_team].includes("Opponent not known")
    ? "The feed does not say who plays: the opponent is not known."
    : "Events of this match came without saying which match they are of: it may be incomplete.";
}

function drawNotice({ state: kind, sentence }, dimmed) {
  const notice = byId("notice");
  const asOf = dimmed && state.changedAt ? ` Shown as of ${new Date(state.changedAt).toLocaleTimeString()}.` : "";
  const incomplete = state.stats?.incomplete ? incompleteText(state.stats) : null;
  const next = state.stats && isOver(state.stats.status) ? state.matches.find(({ status, match_id: id }) => !isOver(status) && id !== state.matchId) : null;
  const wished = state.wish?.row ?? null;
  const text = sentence ? sentence.trim() + asOf : state.wish ? wishText(state.wish) : state.said ?? incomplete ?? (next ? "This match is over." : "");
  const target = sentence ? null : state.wish ? wished : next;
  const link = target?.match_id ?? null;
  notice.hidden = !text;
  setAttribute(notice, "data-kind", kind === "stale" ? "offline" : sentence ? "warning" : "plain");
  if (notice.dataset.text === text && notice.dataset.link === String(link)) return;
  Object.assign(notice.dataset, { text, link: String(link) });
  notice.replaceChildren(el("span", {}, text), ...(link ? [el("a", {
    href: `/?match_id=${encodeURIComponent(link)}`,
    onclick: (event) => { event.preventDefault(); follow(link, { visited: true }); },
  }, `${target.home_team} – ${target.away_team}${wished ? "" : " is on"}`)] : []));
}

let drawn = 0;
let pending = null;

/** Draw at the next frame what is cheap, and at most every 200 ms the charts. */
function drawSoon() {
  if (pending !== null) return;
  const wait = Math.max(0, drawn + DRAW_MS - performance.now());
  pending = wait ? setTimeout(() => requestAnimationFrame(draw), wait) : requestAnimationFrame(draw);
}

function draw() {
  pending = null;
  drawn = performance.now();
  const { stats, matches } = state;
  renderMatches(matches, state.matchId, (matchId) => follow(matchId, { visited: true }));
  renderSystem(state.lamps);
  renderRecent(state.recent);
  renderScoreboard(stats);
  byId("empty").hidden = stats !== null || matches.length > 0 || feed.mode === "connecting";
  byId("content").hidden = stats === null;
  setAttribute(byId("content"), "data-status", stats?.status ?? null);
  if (stats !== null) {
    const view = viewOf(stats, state.prediction);
    for (const part of parts) part.render(view);
    drawModel(view);
  }
  drawConnection();
}

function drawModel({ prediction }) {
  const model = prediction?.model;
  const footer = byId("model");
  const trained = model?.trained_at ? new Date(model.trained_at).toLocaleDateString(undefined, { dateStyle: "medium" }) : null;
  const text = model ? [`Model ${model.version}`, trained && `trained ${trained}`, heldOutText(model.held_out)].filter(Boolean).join(" · ") : "No model is known yet.";
  if (!footer.childElementCount) footer.append(el("span"), el("a", { href: "/evaluation" }, "How good it is"));
  setText(footer.firstChild, text);
}

function redraw() {
  story.rebuild();
}

async function start() {
  const airflow = installAirflow();
  showSession(byId("session"), () => airflow.show());
  installTheme(redraw);
  installNewMatch(state, wait);
  byId("refresh").addEventListener("click", () => { feed.refresh(); airflow.show(); });
  byId("copy-command").addEventListener("click", async ({ currentTarget }) => {
    await navigator.clipboard?.writeText(byId("command").textContent);
    setText(currentTarget, "Copied");
  });
  addEventListener("popstate", () => follow(asked() ?? state.matches[0]?.match_id ?? null));
  setInterval(drawConnection, 1000);
  const selected = asked() ?? await get("/api/match-stats").then(({ match }) => match.id, () => null);
  if (selected !== null) follow(selected);
  else feed.open(null);
}

const asked = () => new URLSearchParams(location.search).get("match_id");

start();
