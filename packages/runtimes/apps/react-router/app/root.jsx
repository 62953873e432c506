import { Outlet } from "react-router";

/** Around every loader. */
export const middleware = [
	async (_args, next) => {
		const response = await next();
		response.headers.set("x-middleware", "yes");
		return response;
	},
];

// biome-ignore lint/style/noDefaultExport: what React Router renders.
export default function App() {
	return <Outlet />;
}
