// The calls of the replaced shop's pages, as jQuery 3 sends them.
const done = arguments[arguments.length - 1];

function ajax({ type, url, data, contentType, json }) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    const query = type === "GET" && data ? "?" + new URLSearchParams(data) : "";
    request.open(type, url + query);
    request.setRequestHeader("Accept", json ? "application/json, text/javascript, */*; q=0.01" : "*/*");
    if (contentType) request.setRequestHeader("Content-Type", contentType);
    request.setRequestHeader("X-Requested-With", "XMLHttpRequest");
    const token = localStorage.getItem("Authorization");
    if (token) request.setRequestHeader("Authorization", token);
    request.onload = () => {
      const isJson = (request.getResponseHeader("Content-Type") ?? "").includes("json");
      resolve({
        status: request.status,
        body: isJson ? JSON.parse(request.responseText) : request.responseText,
        authorization: request.getResponseHeader("Authorization"),
      });
    };
    request.send(type === "GET" ? null : data);
  });
}

const post = (url, data) => ajax({ type: "POST", url, data: JSON.stringify(data), contentType: "application/json" });
const get = (url, data) => ajax({ type: "GET", url, data, json: true });

(async () => {
  localStorage.clear();
  const account = { memberemail: "old@example.com", memberpassword: "correct horse battery" };
  const seen = {};
  seen.signup = await post("/api/members/signup", { membername: "김민수", ...account });
  seen.wrongLogin = await post("/api/members/login", { ...account, memberpassword: "wrong password" });
  seen.anonymous = await post("/api/orders/1", { count: "1" });
  seen.login = await post("/api/members/login", account);
  localStorage.setItem("Authorization", seen.login.authorization);

  seen.main = await get("/api/products/wishcount/2");
  seen.list = await get("/api/products", { page: 0, size: 2 });
  const filters = { keyword: "", category: "", status: "", lprice: "", gprice: "", sortBy: "", isAsc: "" };
  seen.unfiltered = await get("/api/products/search", { ...filters, page: 0 });
  seen.filtered = await get("/api/products/search", {
    ...filters, keyword: "나이키", lprice: 1000, gprice: 2000, sortBy: "price", isAsc: true, page: 0,
  });
  seen.onSale = await get("/api/products/openrun", { page: 0 });
  seen.detail = await get("/api/products/1");

  seen.wish = await ajax({ type: "POST", url: "/api/products/1/wish" });
  seen.wished = await get("/api/products/1/wish/user");
  seen.wishes = await get("/api/products/wish", { page: 0 });
  seen.unwish = await ajax({ type: "DELETE", url: "/api/products/1/wish" });

  seen.order = await post("/api/orders/1", { count: "2" });
  seen.orders = await get("/api/orders", { page: 0 });
  seen.cancel = await ajax({ type: "DELETE", url: "/api/orders/" + seen.orders.body.content[0].id });
  seen.ordersThen = await get("/api/orders", { page: 0 });
  seen.health = await ajax({ type: "GET", url: "/health-check" });
  done(seen);
})().catch((error) => done({ error: String(error) }));
