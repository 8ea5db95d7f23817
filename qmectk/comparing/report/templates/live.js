"use strict";
(function () {
  const often = 2000; // ms between two questions
  const at = function (selector) { return document.querySelector("#progress " + selector); };
  const many = new Intl.NumberFormat("en");
  let stamp = "none";

  function span(seconds) {
    if (seconds < 90) return Math.ceil(seconds) + " s";
    if (seconds < 5400) return Math.round(seconds / 60) + " min";
    return seconds < 172800 ? (seconds / 3600).toFixed(1) + " h" : Math.round(seconds / 86400) + " days";
  }

  function pace(rate) {
    return rate >= 1 ? rate.toFixed(1) + " runs a second" : span(1 / rate) + " a run";
  }

  function tell(now) {
    document.title = (now.total ? Math.floor(100 * now.done / now.total) + " % · " : "") + now.title;
    const bar = at("progress");
    bar.hidden = !now.total;
    if (now.total) { bar.max = now.total; bar.value = now.done; }
    at(".done").textContent = many.format(now.done) + (now.total ? " of " + many.format(now.total) : "") + " runs";
    const said = [];
    if (now.failed) said.push(many.format(now.failed) + " failed");
    if (now.total && now.done < now.total) said.push(many.format(now.total - now.done) + " to come");
    if (now.working && now.rate) said.push(pace(now.rate));
    if (now.working && now.left) said.push("about " + span(now.left) + " left");
    if (!now.done && now.prepared) said.push(many.format(now.prepared) + " references and trainings made");
    at(".pace").textContent = said.length ? "· " + said.join(" · ") : "";
    const ended = now.total && now.done >= now.total;
    at(".state").textContent = ended ? "The study is done." : now.working ? "Running." : "No process is working on it.";
  }

  // ---- a new report in the place of the old one; what the reader has sorted, opened and hidden stays
  function replace(text) {
    const page = new DOMParser().parseFromString(text, "text/html");
    const sorted = Array.from(document.querySelectorAll("table")).map(function (table) {
      const heads = Array.from(table.tHead.rows[0].cells);
      const column = heads.findIndex(function (head) { return (head.getAttribute("aria-sort") || "none") !== "none"; });
      return { column: column, down: column >= 0 && heads[column].getAttribute("aria-sort") === "descending" };
    });
    const opened = Array.from(document.querySelectorAll("details")).map(function (one) { return one.open; });
    const aside = Array.from(document.querySelectorAll(".scroll")).map(function (one) { return one.scrollLeft; });
    const top = window.scrollY;
    ["header", "main"].forEach(function (name) {
      document.querySelector(name).replaceWith(document.importNode(page.querySelector(name), true));
    });
    const figures = document.getElementById("figures");
    figures.replaceChildren.apply(figures, page.querySelectorAll("script[data-figure]"));
    window.qmectkReport();
    document.querySelectorAll("table").forEach(function (table, place) {
      const kept = sorted[place];
      if (!kept || kept.column < 0) return;
      const button = table.tHead.rows[0].cells[kept.column].querySelector("button");
      for (let press = kept.down ? 2 : 1; button && press > 0; press -= 1) button.click();
    });
    document.querySelectorAll("details").forEach(function (one, place) {
      if (place < opened.length) one.open = opened[place];
    });
    document.querySelectorAll(".scroll").forEach(function (one, place) { one.scrollLeft = aside[place] || 0; });
    window.scrollTo(0, top);
  }

  async function look() {
    try {
      const asked = await Promise.all([fetch("/progress"), fetch("/report/" + stamp)]);
      const broken = asked.find(function (answer) { return !answer.ok; });
      if (broken) throw new Error(await broken.text());
      tell(await asked[0].json());
      if (asked[1].status === 200) {
        replace(await asked[1].text());
        stamp = asked[1].headers.get("ETag");
        document.documentElement.dataset.stamp = stamp;
      }
    } catch (error) {
      at(".state").textContent = error instanceof TypeError ? "The view has ended (qmectk view)." : error.message;
    }
    window.setTimeout(look, often);
  }
  look();
})();
