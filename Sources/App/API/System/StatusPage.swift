/// The page at `/`: what an address in a browser says before there is a dashboard.
///
/// It holds no secrets and asks for none.
enum StatusPage {
    static let html = """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Slipway</title>
        <style>
        :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
        body { max-width: 40rem; margin: 12vh auto; padding: 0 1.5rem }
        h1 { font-size: 1.5rem; margin: 0 0 .25rem }
        p { margin: .25rem 0 }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.5rem; margin: 1.5rem 0 }
        dt { opacity: .65 }
        dd { margin: 0 }
        code { font: .9em ui-monospace, monospace }
        .good::before, .bad::before { content: "●"; margin-right: .4rem }
        .good::before { color: #1a7f37 }
        .bad::before { color: #cf222e }
        </style>
        <h1>Slipway</h1>
        <p>Turns Terraform code into running infrastructure.</p>
        <dl>
        <dt>Server</dt><dd id="server">…</dd>
        <dt>Database</dt><dd id="database">…</dd>
        <dt>Version</dt><dd id="version">…</dd>
        <dt>API</dt><dd><a href="/openapi.json">/openapi.json</a></dd>
        </dl>
        <p>Deploy with <code>slipway deploy DIR --project NAME</code>, or <code>POST /api/deploy</code>.</p>
        <script>
        const show = (id, text, good) => {
          const cell = document.getElementById(id)
          cell.textContent = text
          if (good !== undefined) cell.className = good ? "good" : "bad"
        }
        const look = async () => {
          try {
            const health = await (await fetch("/healthz")).json()
            show("server", "answers", true)
            show("version", health.version)
            const ready = await fetch("/readyz")
            show("database", ready.ok ? "ready" : (await ready.json()).error, ready.ok)
          } catch {
            show("server", "doesn't answer", false)
          }
        }
        look()
        setInterval(look, 10000)
        </script>
        </html>

        """
}
