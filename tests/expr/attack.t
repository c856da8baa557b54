# What could be taken for something else.

row {"title":"null","label":"true","body":"' OR 1=1 -- ","views":1}
true {"title":"null"}
true {"title":{"_eq":"null"}}
false {"title":{"_eq":"NULL"}}
true {"title":{"_nnull":true}}
true {"label":"true"}
false {"label":"1"}
true {"body":"' OR 1=1 -- "}
true {"body":{"_contains":"' OR 1=1"}}
false {"title":"' OR '1'='1"}
false {"title":{"_in":["') OR 1=1 -- "]}}
false {"title":"x\\' OR 1=1 -- "}

# an alternative of the caller does not reach beyond its parentheses
false {"views":2,"_or":[{"title":"null"},{"views":1}]}
false {"_and":[{"views":2},{"_or":[{"title":"null"}]}]}

row {"title":"0","views":0}
false {"title":"a"}
true {"title":"0"}
false {"title":"0.0"}
row {"title":"abc"}
false {"title":"0"}
