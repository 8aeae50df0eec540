"""What stands in for the page while it has not been built: says so, and what works all the same."""

from __future__ import annotations

from typing import Final

NOT_BUILT: Final = """<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>信风 Tradewind</title>
</head>
<body>
<main>
<h1>信风 Tradewind</h1>
<p>服务已启动，但页面尚未构建：请安装 Node 20，然后重新运行 <code>make run</code>。</p>
<p>其余功能均可使用：<code>/opportunities</code>、<code>/health</code>、<code>/gateway/health</code>、
<code>/api/v1/…</code> 以及 WebSocket 推送。</p>
<hr>
<div lang="en">
<p>The server is running, but the page has not been built: install Node 20 and run <code>make run</code> again.</p>
<p>Everything else works: <code>/opportunities</code>, <code>/health</code>, <code>/gateway/health</code>,
<code>/api/v1/…</code> and the WebSocket push.</p>
</div>
</main>
</body>
</html>
"""
