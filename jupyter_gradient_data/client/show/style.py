"""How our HTML looks: JupyterLab's theme where there is one, VS Code's, else what is around it; light and dark."""

from __future__ import annotations

# Grey with some transparency is right on light and on dark; the rest is the theme's. Two classes win over
# `.jp-RenderedHTMLCommon table`, which aligns to the right and paints stripes.
STYLE = """<style>
.jgd-show{font-family:var(--jp-ui-font-family,var(--vscode-font-family,system-ui,sans-serif));
font-size:var(--jp-ui-font-size1,13px);line-height:1.5;
color:var(--jp-ui-font-color1,var(--vscode-foreground,inherit));margin:2px 0;max-width:100%;overflow-x:auto}
.jgd-show .jgd-title{font-weight:600;margin:0 0 2px}
.jgd-show .jgd-quiet{color:var(--jp-ui-font-color2,var(--vscode-descriptionForeground,inherit));margin:2px 0}
.jgd-show table.jgd-table{border-collapse:collapse;border:none;margin:2px 0;font-size:inherit;color:inherit;
width:auto;table-layout:auto}
.jgd-show table.jgd-table th,.jgd-show table.jgd-table td{text-align:left;vertical-align:top;padding:2px 16px 2px 0;
border:none;border-bottom:1px solid rgba(128,128,128,.25);max-width:48em;overflow-wrap:anywhere;white-space:pre-line;
background:none;color:inherit}
.jgd-show table.jgd-table th{font-weight:600;
color:var(--jp-ui-font-color2,var(--vscode-descriptionForeground,inherit))}
.jgd-show table.jgd-table tbody tr,.jgd-show table.jgd-table tbody tr:hover{background:none}
.jgd-show table.jgd-table .jgd-number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.jgd-show table.jgd-table .jgd-code{font-family:var(--jp-code-font-family,var(--vscode-editor-font-family,monospace))}
.jgd-show .jgd-bar{display:inline-block;width:14em;max-width:40%;height:.6em;margin:0 .8em;border-radius:.3em;
background:rgba(128,128,128,.25);overflow:hidden;vertical-align:baseline}
.jgd-show .jgd-bar>span{display:block;height:100%;background:var(--jp-brand-color1,var(--vscode-progressBar-background,
#1976d2))}
</style>"""
