/// One self-contained HTML page: pictures first, tables below. It asks nothing of any other server.
package enum AnswerPage {
    package static func html(title: String, answer: some PlanningAnswer) -> String {
        var body = "<h1>\(escaped(title))</h1>\n"
        for plot in answer.plots { body += "<section><h2>\(escaped(plot.title))</h2>\n\(plot.svg)</section>\n" }
        for table in answer.tables { body += "<section><h2>\(escaped(table.title))</h2>\n\(html(table))</section>\n" }
        return """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
            <title>\(escaped(title))</title>
            <style>\(style)</style></head>
            <body><main>
            \(body)</main></body></html>

            """
    }

    static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            default: escaped.append(character)
            }
        }
        return escaped
    }

    private static func html(_ table: AnswerTable) -> String {
        let limit = 2000
        let titles = table.columns.map { "<th\($0.isNumber ? " class=n" : "")>\(escaped($0.title))</th>" }.joined()
        let rows = table.rows.prefix(limit).map { row in
            "<tr>" + zip(table.columns, row).map { "<td\($0.isNumber ? " class=n" : "")>\(escaped($1))</td>" }.joined() + "</tr>\n"
        }.joined()
        let more = table.rows.count > limit ? "<p>\(table.rows.count - limit) more rows are in the CSV and JSON answers.</p>" : ""
        return "<div class=scroll><table><thead><tr>\(titles)</tr></thead><tbody>\n\(rows)</tbody></table></div>\(more)"
    }

    private static let style = """
        :root{color-scheme:light dark;--ink:#1b2733;--soft:#5d6b78;--line:#d9e0e6;--back:#fbfcfd;--card:#fff;
        --cpu:#2f6fb2;--memory:#d1772e;--free:#e8edf1;--bound:#8793a0;--stranded:#b8433f}
        @media(prefers-color-scheme:dark){:root{--ink:#e4eaf0;--soft:#93a1ae;--line:#313c47;--back:#12181e;--card:#1a2229;
        --cpu:#6aa7e6;--memory:#e79a58;--free:#2a343d;--bound:#7c8894;--stranded:#e0736e}}
        body{margin:0;background:var(--back);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
        main{max-width:1080px;margin:0 auto;padding:2rem 1rem}
        h1{font-size:1.5rem;margin:0 0 1rem}h2{font-size:1.05rem;margin:0 0 .75rem}
        section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:1rem 1.25rem;margin:0 0 1rem}
        .scroll{overflow-x:auto}table{border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums}
        th{color:var(--soft);font-weight:600;text-align:left;white-space:nowrap}
        th,td{padding:.25rem .75rem .25rem 0;border-bottom:1px solid var(--line)}.n{text-align:right}
        svg{display:block;width:100%;height:auto}svg text{font:12px system-ui,sans-serif;fill:var(--soft)}
        .cpu{fill:var(--cpu)}.memory{fill:var(--memory)}.free{fill:var(--free)}.stranded{fill:var(--stranded)}
        .axis{stroke:var(--line);stroke-width:1}.line{fill:none;stroke-width:1.75}
        .used{stroke:var(--cpu)}.memoryline{stroke:var(--memory)}.bound{stroke:var(--bound);stroke-dasharray:4 3}.strandedline{stroke:var(--stranded)}
        """
}
