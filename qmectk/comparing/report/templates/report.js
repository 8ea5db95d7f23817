"use strict";
(function () {
  // ---- tables: a heading sorts; unknown values stay last
  function sorter(table) {
    const heads = Array.from(table.tHead.rows[0].cells);
    const body = table.tBodies[0];
    heads.forEach(function (head, column) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      if (head.title) button.title = head.title;
      head.removeAttribute("title");
      head.textContent = "";
      head.appendChild(button);
      head.setAttribute("aria-sort", "none");
      button.addEventListener("click", function () {
        const down = head.getAttribute("aria-sort") === "ascending";
        heads.forEach(function (other) { other.setAttribute("aria-sort", "none"); });
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const rows = Array.from(body.rows).map(function (row, place) {
          const cell = row.cells[column];
          const text = cell.dataset.key;
          const value = head.classList.contains("number") ? number(text) : text;
          return { row: row, place: place, known: text !== undefined && !Number.isNaN(value), value: value };
        });
        rows.sort(function (a, b) {
          if (a.known !== b.known) return a.known ? -1 : 1;
          if (!a.known) return a.place - b.place;
          const order = typeof a.value === "number" && typeof b.value === "number"
            ? (a.value === b.value ? 0 : a.value < b.value ? -1 : 1)
            : String(a.value).localeCompare(String(b.value), undefined, { numeric: true });
          return (down ? -order : order) || a.place - b.place;
        });
        rows.forEach(function (one) { body.appendChild(one.row); });
      });
    });
  }

  function number(text) {
    return text === "inf" ? Infinity : text === "-inf" ? -Infinity : Number(text);
  }

  // ---- tables wider than the page: how many columns are still to come, and a fading edge
  function edge(wide) {
    const region = wide.querySelector(".scroll");
    const note = wide.previousElementSibling;
    const heads = Array.from(region.querySelector("thead tr").cells);
    function look() {
      const end = region.getBoundingClientRect().right + 2;
      const left = heads.filter(function (head) { return head.getBoundingClientRect().right > end; }).length;
      note.hidden = region.scrollWidth <= region.clientWidth + 1;
      // an empty line keeps its place when the end is reached, so that nothing jumps
      note.textContent = left ? left + (left > 1 ? " more columns →" : " more column →") : "\u00a0";
      wide.classList.toggle("unseen", !note.hidden && left > 0);
      wide.classList.toggle("moved", !note.hidden && region.scrollLeft > 1);
    }
    region.addEventListener("scroll", look, { passive: true });
    if ("ResizeObserver" in window) new ResizeObserver(look).observe(region);
    look();
  }

  // ---- plots
  let plots = [];

  function found() {
    return Array.from(document.querySelectorAll("script[data-figure]")).map(function (script) {
      const figure = JSON.parse(script.textContent);
      return { at: document.getElementById(script.dataset.figure), figure: figure, height: figure.layout.height };
    });
  }

  function theme() {
    const css = getComputedStyle(document.documentElement);
    const read = function (name) { return css.getPropertyValue(name).trim(); };
    return { ink: read("--ink"), quiet: read("--quiet"), line: read("--line"), panel: read("--panel") };
  }

  function themed(layout, width) {
    const t = theme();
    const narrow = window.innerWidth < 640 && !printing;
    const out = Object.assign({}, layout, {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: Object.assign({}, layout.font, { color: t.ink, size: narrow ? 11 : 13 }),
      hoverlabel: { align: "left", bgcolor: t.panel, bordercolor: t.line, font: { color: t.ink } },
      autosize: true, dragmode: false
    });
    Object.keys(layout).filter(function (key) { return /^[xy]axis[0-9]*$/.test(key); }).forEach(function (axis) {
      out[axis] = Object.assign({}, layout[axis], {
        gridcolor: t.line, linecolor: t.quiet, tickcolor: t.quiet, tickfont: { color: t.quiet },
        fixedrange: true
      });
      if (out[axis].title) out[axis].title = Object.assign({}, out[axis].title, { font: { color: t.quiet, size: narrow ? 11 : 13 } });
    });
    if (printing) Object.assign(out, { height: lower(layout), width: width, autosize: false });
    if (narrow) out.margin = Object.assign({}, layout.margin, { l: Math.min(46, layout.margin.l), r: 24 });
    return out;
  }

  const hidden = new Set();
  let printing = false; // two rows of plots fit on a page when they are lower

  function lower(layout) {
    if (layout.yaxis2) return Math.min(layout.height, 480); // panels need their room
    // rows of labels need theirs: such figures are as high as they must be, and no other has a height of its own
    return layout.barmode || layout.height !== 380 ? layout.height : 240;
  }

  // the page is still as wide as the screen when it is drawn for print: A4, see @page in the style
  function paper(plot) {
    if (plot.at.closest(".beside")) return 430;
    return plot.at.closest("figure").matches(".plots > :last-child:nth-child(odd)") ? 1000 : 480;
  }

  function draw(plot) {
    plot.at.style.height = (printing ? lower(plot.figure.layout) : plot.height) + "px";
    const data = plot.figure.data.map(function (trace) {
      return hidden.has(trace.legendgroup) ? Object.assign({}, trace, { visible: false }) : trace;
    });
    return Plotly.react(plot.at, data, themed(plot.figure.layout, paper(plot)), {
      responsive: true, displayModeBar: false
    });
  }

  function drawAll() { plots.forEach(draw); }

  // plots far down the page are drawn when they come near
  const watch = "IntersectionObserver" in window && new IntersectionObserver(function (seen) {
    seen.forEach(function (entry) {
      if (!entry.isIntersecting) return;
      watch.unobserve(entry.target);
      const plot = plots.find(function (one) { return one.at === entry.target; });
      if (!plot) return;
      plot.drawn = true;
      draw(plot);
    });
  }, { rootMargin: "1200px" });
  function redraw() { plots.forEach(function (plot) { if (plot.drawn) draw(plot); }); }
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  window.matchMedia("(max-width: 640px)").addEventListener("change", redraw);
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details").forEach(function (one) { one.open = true; });
    printing = true;
    drawAll();
  });
  window.addEventListener("afterprint", function () {
    printing = false;
    drawAll();
  });

  // ---- legend: a sample of each line, and a switch
  const dashes = { solid: "", dash: "7 4", dot: "2 3", dashdot: "7 3 2 3", longdash: "11 4", longdashdot: "11 3 2 3" };
  const shapes = {
    "circle": "M14 2.5a3.5 3.5 0 1 0 .01 0Z", "square": "M10.8 2.8h6.4v6.4h-6.4Z", "diamond": "M14 1.5 18.5 6 14 10.5 9.5 6Z",
    "triangle-up": "M14 1.8 18.2 9.2H9.8Z", "triangle-down": "M14 10.2 18.2 2.8H9.8Z",
    "cross": "M12.6 2h2.8v2.6H18v2.8h-2.6V10h-2.8V7.4H10V4.6h2.6Z",
    "x": "M11 2 14 5 17 2 18 3 15 6 18 9 17 10 14 7 11 10 10 9 13 6 10 3Z",
    "star": "M14 1.2l1.3 3.3 3.5.2-2.7 2.2.9 3.4-3-1.9-3 1.9.9-3.4-2.7-2.2 3.5-.2Z"
  };
  const svg = "http://www.w3.org/2000/svg";
  function switcher(chip) {
    chip.setAttribute("aria-pressed", String(!hidden.has(chip.dataset.group)));
    const drawing = document.createElementNS(svg, "svg");
    drawing.setAttribute("width", "28");
    drawing.setAttribute("height", "12");
    drawing.setAttribute("aria-hidden", "true");
    const line = document.createElementNS(svg, "line");
    [["x1", 0], ["x2", 28], ["y1", 6], ["y2", 6], ["stroke", chip.dataset.color], ["stroke-width", 2],
      ["stroke-dasharray", dashes[chip.dataset.dash]]].forEach(function (pair) { line.setAttribute(pair[0], pair[1]); });
    const mark = document.createElementNS(svg, "path");
    mark.setAttribute("d", shapes[chip.dataset.symbol]);
    mark.setAttribute("fill", chip.dataset.color);
    drawing.append(line, mark);
    chip.querySelector(".sample").appendChild(drawing);
    chip.addEventListener("click", function () {
      const group = chip.dataset.group;
      const shown = hidden.has(group);
      if (shown) hidden.delete(group); else hidden.add(group);
      document.querySelectorAll(".chip").forEach(function (other) {
        if (other.dataset.group === group) other.setAttribute("aria-pressed", String(shown));
      });
      redraw();
    });
  }

  // ---- everything on the page, also when a live view has put another report in the place of this one
  window.qmectkReport = function () {
    if (watch) plots.forEach(function (plot) { watch.unobserve(plot.at); Plotly.purge(plot.at); });
    document.querySelectorAll("table.sortable").forEach(sorter);
    document.querySelectorAll(".wide").forEach(edge);
    plots = found();
    plots.forEach(function (plot) {
      plot.at.style.height = plot.height + "px";
      if (watch) watch.observe(plot.at);
      else { plot.drawn = true; draw(plot); }
    });
    document.querySelectorAll(".chip").forEach(switcher);
    document.documentElement.dataset.ready = "true";
  };
  window.qmectkReport();
})();
