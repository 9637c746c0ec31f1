#pragma once

#include <string>
#include <string_view>

#include "descent/core/errors.hpp"
#include "descent/report/script_chart.hpp"
#include "descent/report/script_draw.hpp"
#include "descent/report/script_page.hpp"
#include "descent/report/script_results.hpp"
#include "descent/report/script_sections.hpp"
#include "descent/report/style.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Returns the HTML of a page that shows `json`, which a `JsonWriter` wrote. A browser loads it again every `refresh`
/// seconds, or never if that is negative. The policy in its head forbids the page to ask for anything from anywhere.
inline std::string page_text(std::string_view json, double refresh) {
  return joined(R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>descent</title>
<style>)",
                page_style, R"(</style>
</head>
<body data-refresh=")",
                refresh, R"(">
<main id="page"></main>
<noscript><p>This page is drawn by a script, which this browser does not run. Its numbers are in its source.</p></noscript>
<script type="application/json" id="data">)",
                json, "</script>\n<script>", script_chart, script_draw, script_sections, script_results,
                script_page, "</script>\n</body>\n</html>\n");
}

}  // namespace descent::inline DESCENT_ABI::detail
