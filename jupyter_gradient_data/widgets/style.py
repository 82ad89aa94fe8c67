"""The style sheet of the widgets: the theme's own colours, and sensible ones where there is no theme."""

from __future__ import annotations

STYLE = """
.gdw {
  --gdw-text: var(--jp-ui-font-color1, var(--vscode-foreground, #222));
  --gdw-soft: var(--jp-ui-font-color2, var(--vscode-descriptionForeground, #666));
  --gdw-line: var(--jp-border-color2, var(--vscode-panel-border, #ddd));
  --gdw-ground: var(--jp-layout-color1, var(--vscode-editor-background, transparent));
  --gdw-raised: var(--jp-layout-color2, var(--vscode-sideBar-background, rgba(128, 128, 128, 0.12)));
  --gdw-accent: var(--jp-brand-color1, var(--vscode-focusBorder, #1976d2));
  --gdw-error: var(--jp-error-color1, var(--vscode-errorForeground, #c62828));
  --gdw-mono: var(--jp-code-font-family, monospace);
  --gdw-added: rgba(56, 158, 76, 0.18);
  --gdw-removed: rgba(211, 62, 62, 0.18);
  box-sizing: border-box;
  max-width: 1080px;
  padding: 8px;
  gap: 6px;
  color: var(--gdw-text);
  background: var(--gdw-ground);
  border: 1px solid var(--gdw-line);
  border-radius: 4px;
  overflow: hidden;
}
.gdw .widget-html, .gdw .widget-html-content { margin: 0; width: 100%; min-width: 0; height: auto; line-height: 1.5; }
.gdw .widget-html-content { color: var(--gdw-text); font-size: 13px; overflow: visible; }
.gdw .gdw-flow { display: flex; flex-flow: row wrap; gap: 6px; overflow: visible; align-items: center; min-width: 0; }
.gdw .gdw-flow.gdw-top { align-items: flex-start; }
.gdw .widget-vbox, .gdw .widget-box { overflow: visible; min-width: 0; }
.gdw .gdw-flow > .widget-text, .gdw .gdw-flow > .widget-dropdown, .gdw .gdw-flow > .widget-combobox {
  width: auto; flex: 1 1 220px; margin: 0;
}
.gdw .widget-label { color: var(--gdw-text); }
.gdw .widget-inline-hbox .widget-label { width: auto; min-width: 72px; max-width: 96px; text-align: left; }
.gdw .widget-inline-hbox input, .gdw .widget-inline-hbox select { min-width: 60px; }
.gdw .jupyter-button { width: auto; margin: 0; padding: 0 10px; flex: 0 0 auto; max-width: 100%; }
.gdw .jupyter-button { color: var(--gdw-text); background: var(--gdw-raised); border: 1px solid transparent; }
.gdw .jupyter-button.mod-primary { color: #fff; background: var(--gdw-accent); }
.gdw .jupyter-button i { margin-right: 6px; }
.gdw .jupyter-button i.center { margin-right: 0; }
.gdw .jupyter-button:focus-visible, .gdw .gdw-copy:focus-visible, .gdw summary:focus-visible,
.gdw .gdw-scroll:focus-visible {
  outline: 2px solid var(--gdw-accent); outline-offset: -2px;
}
.gdw .gdw-crumbs { gap: 0; }
.gdw .gdw-crumbs .jupyter-button { background: none; padding: 0 4px; color: var(--gdw-accent); }
.gdw .gdw-crumbs .jupyter-button + .jupyter-button::before {
  content: "\\203a"; content: "\\203a" / ""; margin-right: 6px; color: var(--gdw-soft);
}
.gdw .gdw-crumbs .jupyter-button:last-child { color: var(--gdw-text); font-weight: 600; }
.gdw .gdw-main { flex: 1 1 270px; gap: 4px; }
.gdw .gdw-side { flex: 2 1 340px; gap: 6px; min-width: 0; }
.gdw .gdw-rows { display: flex; flex-flow: row nowrap; border: 1px solid var(--gdw-line); border-radius: 3px; }
.gdw .gdw-rows > .widget-vbox { flex: 1 1 auto; min-width: 0; }
.gdw .gdw-rows > .widget-html { flex: 0 0 auto; width: auto; }
.gdw .gdw-rows .jupyter-button {
  width: 100%; height: 28px; line-height: 28px; text-align: left; background: none; border-radius: 0; box-shadow: none;
  overflow: hidden; text-overflow: ellipsis; white-space: nowrap; display: block;
}
.gdw .gdw-rows .jupyter-button:hover { background: var(--gdw-raised); }
.gdw .gdw-rows .jupyter-button i { width: 16px; color: var(--gdw-soft); text-align: center; }
.gdw .gdw-rows .jupyter-button.gdw-marked { background: var(--gdw-raised); box-shadow: inset 3px 0 var(--gdw-accent); }
.gdw .gdw-note {
  height: 28px; line-height: 28px; padding: 0 8px; text-align: right; white-space: nowrap; color: var(--gdw-soft);
  font-size: 12px;
}
.gdw .gdw-note.gdw-marked { background: var(--gdw-raised); }
.gdw .gdw-soft { color: var(--gdw-soft); font-size: 12px; }
.gdw .gdw-status { color: var(--gdw-soft); font-size: 12px; overflow-wrap: anywhere; }
.gdw .gdw-alert { color: var(--gdw-error); }
.gdw .gdw-alert div[role] {
  color: var(--gdw-error); border-left: 3px solid var(--gdw-error); padding: 2px 8px; overflow-wrap: anywhere;
}
.gdw h4 { margin: 0; font-size: 13px; font-weight: 600; overflow-wrap: anywhere; color: var(--gdw-text); }
.gdw pre.gdw-text {
  margin: 0; padding: 6px 8px; font: 12px/1.45 var(--gdw-mono); color: var(--gdw-text); background: var(--gdw-raised);
  white-space: pre; border: 0;
}
.gdw .gdw-scroll { max-height: 420px; overflow: auto; border: 1px solid var(--gdw-line); border-radius: 3px; }
.gdw table.gdw-table { border-collapse: collapse; font-size: 12px; margin: 0; color: var(--gdw-text); }
.gdw table.gdw-table th, .gdw table.gdw-table td {
  padding: 2px 8px; text-align: left; white-space: nowrap; max-width: 320px; overflow: hidden; text-overflow: ellipsis;
  border-bottom: 1px solid var(--gdw-line);
}
.gdw table.gdw-table th { position: sticky; top: 0; background: var(--gdw-raised); font-weight: 600; }
.gdw table.gdw-table td.gdw-number { text-align: right; font-variant-numeric: tabular-nums; }
.gdw .gdw-picture {
  max-width: 100%; max-height: 420px; width: auto; height: auto; object-fit: contain; display: block;
}
.gdw .gdw-copy {
  font: inherit; font-size: 12px; padding: 3px 10px; cursor: pointer; color: var(--gdw-text);
  background: var(--gdw-raised); border: 1px solid transparent; border-radius: 2px;
}
.gdw .gdw-snippet { display: flex; flex-flow: row wrap; gap: 6px; align-items: flex-start; }
.gdw .gdw-snippet pre { flex: 1 1 220px; min-width: 0; overflow: auto; }
.gdw .gdw-diff div { padding: 0 8px; white-space: pre; }
.gdw .gdw-diff .gdw-plus { background: var(--gdw-added); }
.gdw .gdw-diff .gdw-minus { background: var(--gdw-removed); }
.gdw .gdw-diff .gdw-hunk { color: var(--gdw-soft); background: var(--gdw-raised); }
.gdw .widget-select { width: 100%; margin: 0; }
.gdw .widget-select > select { width: 100%; height: 150px; }
.gdw .gdw-flow > .gdw-half { flex: 1 1 160px; width: auto; }
.gdw .gdw-list { margin: 0; padding: 0; list-style: none; font-size: 12px; max-height: 180px; overflow: auto; }
.gdw .gdw-list li { display: flex; gap: 8px; justify-content: space-between; overflow-wrap: anywhere; }
.gdw .gdw-list .gdw-bad { color: var(--gdw-error); }
"""
