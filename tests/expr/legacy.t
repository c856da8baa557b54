# An adopted table: a number for a key, and text in collations for which "a" and "A " are the same.

on legacy {"id":7,"heading":"Über","latin":"Café"}
true {"id":7}
true {"id":{"_between":[7,9]}}
true {"heading":"Über"}
false {"heading":"über"}
false {"heading":"Uber"}
false {"heading":"Über "}
true {"heading":{"_neq":"über"}}
false {"heading":{"_neq":"Über"}}
true {"heading":{"_in":["über","Über"]}}
false {"heading":{"_in":["über","uber"]}}
true {"heading":{"_nin":["über","uber"]}}
true {"heading":{"_gt":"Z"}}
true {"heading":{"_between":["Ü","ü"]}}
true {"heading":{"_contains":"be"}}
false {"heading":{"_contains":"BE"}}
true {"heading":{"_icontains":"üBE"}}
false {"heading":{"_icontains":"ube"}}
true {"heading":{"_starts_with":"Ü"}}
false {"heading":{"_starts_with":"U"}}
true {"latin":"Café"}
false {"latin":"CAFÉ"}
false {"latin":"Cafe"}
false {"latin":"Café 東京"}
true {"latin":{"_neq":"東京"}}
true {"latin":{"_in":["東京","Café"]}}
false {"latin":{"_in":["東京"]}}
true {"latin":{"_ends_with":"é"}}
true {"latin":{"_iends_with":"É"}}
false {"latin":{"_contains":"東"}}
false {"latin":{"_eq":{"$field":"heading"}}}
true {"latin":{"_lt":{"$field":"heading"}}}
true {"latin":{"_in":["x",{"$field":"latin"}]}}
false {"_not":{"heading":"Über"}}
true {"_not":{"heading":"über"}}

on legacy {"id":8,"heading":"  ","latin":""}
false {"heading":{"_empty":true}}
true {"latin":{"_empty":true}}
false {"heading":""}
true {"heading":"  "}
false {"heading":" "}

on legacy {"id":9}
null {"heading":"x"}
null {"latin":{"_neq":"x"}}
null {"heading":{"_in":["x"]}}
null {"heading":{"_in":null}}
true {"heading":{"_empty":true}}
null {"_not":{"latin":{"_icontains":"x"}}}

# a relation to it is of its key's kind
row {"post":7}
true {"post":7}
true/null {"post.heading":"Über"}
false/null {"post.heading":"über"}
row {"post":99}
null/null {"post.heading":"Über"}
