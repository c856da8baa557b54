# Text search.

row {"title":"Straße nach Köln","label":"50% of a_b\\c|d","body":"Ärger"}

true {"title":{"_contains":"nach"}}
true {"title":{"_contains":""}}
false {"title":{"_contains":"NACH"}}
false {"title":{"_contains":"nach  "}}
true {"title":{"_contains":"ße n"}}
false {"title":{"_ncontains":"nach"}}
true {"title":{"_ncontains":"NACH"}}
true {"title":{"_icontains":"NACH KÖ"}}
true {"title":{"_icontains":"stra"}}
false {"title":{"_icontains":"strasse"}}
false {"title":{"_nicontains":"STRAßE"}}
true {"title":{"_nicontains":"ulm"}}
true {"title":{"_starts_with":"Straße"}}
false {"title":{"_starts_with":"traße"}}
false {"title":{"_starts_with":"straße"}}
true {"title":{"_starts_with":""}}
true {"title":{"_starts_with":"Straße nach Köln"}}
false {"title":{"_starts_with":"Straße nach Köln "}}
true {"title":{"_nstarts_with":"nach"}}
false {"title":{"_nstarts_with":"S"}}
true {"title":{"_istarts_with":"STRAßE NACH"}}
false {"title":{"_nistarts_with":"sTRA"}}
true {"title":{"_nistarts_with":"nach"}}
true {"title":{"_ends_with":"Köln"}}
false {"title":{"_ends_with":"KÖLN"}}
false {"title":{"_ends_with":"Köl"}}
true {"title":{"_nends_with":"KÖLN"}}
false {"title":{"_nends_with":"n"}}
true {"title":{"_iends_with":"KÖLN"}}
false {"title":{"_niends_with":"öLN"}}
true {"title":{"_niends_with":"nach"}}
true {"body":{"_istarts_with":"ä"}}
true {"body":{"_icontains":"äRG"}}
false {"body":{"_icontains":"arger"}}

# what LIKE would take for a wildcard or an escape is text
true {"label":{"_contains":"50%"}}
false {"label":{"_contains":"5%o"}}
true {"label":{"_contains":"a_b"}}
false {"label":{"_contains":"a__"}}
false {"label":{"_contains":"_f"}}
true {"label":{"_contains":"b\\c"}}
false {"label":{"_contains":"b\\\\c"}}
true {"label":{"_contains":"c|d"}}
true {"label":{"_ends_with":"|d"}}
false {"label":{"_ends_with":"|%"}}
false {"label":{"_starts_with":"%"}}
false {"label":{"_starts_with":"__%"}}
true {"label":{"_istarts_with":"50% OF A_B\\C|D"}}
false {"label":{"_icontains":"A%B"}}
true {"label":{"_nicontains":"A%B"}}

row {"title":"aaab","label":"%","body":"_"}
true {"title":{"_ends_with":"ab"}}
true {"title":{"_contains":"aab"}}
false {"title":{"_ends_with":"aaa"}}
true {"label":{"_contains":"%"}}
true {"label":{"_starts_with":"%"}}
false {"body":{"_starts_with":"%"}}
true {"body":{"_ends_with":"_"}}

# letter case beyond Latin; what has no other case stays
row {"title":"ΑΘΗΝΑ МОСКВА İ ǅ","label":"ﬀ"}
true {"title":{"_icontains":"αθηνα москва"}}
false {"title":{"_contains":"αθηνα"}}
true {"title":{"_iends_with":"ǆ"}}
false {"label":{"_icontains":"FF"}}

row {"title":"","label":" "}
true {"title":{"_contains":""}}
true {"title":{"_ends_with":""}}
false {"title":{"_contains":" "}}
true {"label":{"_contains":" "}}
false {"title":{"_ncontains":""}}

row {}
null {"title":{"_contains":"a"}}
null {"title":{"_ncontains":"a"}}
null {"title":{"_icontains":"a"}}
null {"title":{"_nicontains":"a"}}
null {"title":{"_starts_with":""}}
null {"title":{"_nstarts_with":"a"}}
null {"title":{"_istarts_with":"a"}}
null {"title":{"_nistarts_with":"a"}}
null {"title":{"_ends_with":"a"}}
null {"title":{"_nends_with":"a"}}
null {"title":{"_iends_with":"a"}}
null {"title":{"_niends_with":""}}
