"""Mixed-integer programming: Pyomo models solved by HiGHS, concave parts by outer approximation."""
